"""The exception tree is one tree with the branches that callers catch."""

import pytest

from corpus import errors

BRANCHES = {
    errors.CodeciteError: (
        errors.ConfigError,
        errors.CorpusError,
        errors.IngestError,
        errors.LibraryUnusable,
        errors.AnswerError,
        errors.EvalError,
    ),
    errors.IngestError: (errors.UnreadableDocument, errors.UnsupportedFormat, errors.EmbedderUnavailable),
    errors.LibraryUnusable: (
        errors.LibraryMissing,
        errors.LibraryStale,
        errors.LibraryDamaged,
        errors.LibraryLocked,
    ),
    errors.AnswerError: (errors.ModelUnavailable, errors.ModelReplyInvalid),
}


@pytest.mark.parametrize(("branch", "leaves"), BRANCHES.items())
def test_each_error_belongs_to_its_branch(branch: type[errors.CodeciteError], leaves: tuple[type[errors.CodeciteError], ...]) -> None:
    assert all(leaf.__base__ is branch for leaf in leaves)


def test_an_error_shows_the_message_it_was_given() -> None:
    assert str(errors.LibraryMissing("No library at x; run codecite ingest.")) == "No library at x; run codecite ingest."
