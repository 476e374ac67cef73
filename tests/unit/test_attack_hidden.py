"""An instruction that no reader of a document sees is not stored and changes no answer; a chat model that obeys one is not believed."""

from pathlib import Path

import pytest

from tests.attacks import hidden
from tests.attacks.instructions import bring, broken, obeyed, slips

SHORT = range(5)


def test_25_of_the_300_documents_with_hidden_instructions_are_read_without_them(tmp_path: Path) -> None:
    assert bring(tmp_path, list(hidden.WAYS), SHORT) == []
    assert slips(tmp_path) == []


def test_4_of_the_60_open_instructions_that_a_model_obeys_stay_quotes(tmp_path: Path) -> None:
    with obeyed(tmp_path, range(4)) as assistant:
        assert [told for number in range(4) for told in broken(assistant, number)] == []


def test_an_instruction_that_is_seen_is_noticed_by_the_same_check(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "clean.md").write_text(hidden.openly(0).replace(hidden.INSTRUCTIONS[0].format(mark="CANARY0"), ""))
    (tmp_path / "files" / "seen.md").write_text(hidden.openly(0))
    from tests import support

    support.bring(tmp_path, {})
    assert {slip.where for slip in slips(tmp_path)} >= {"text", "answer"}


@pytest.mark.parametrize("kind", list(hidden.WAYS))
def test_every_format_is_hidden_in_by_sixty_documents(kind: str) -> None:
    made = hidden.poisoned(kind, range(10))
    assert len({document.name for document in hidden.poisoned(kind)}) == hidden.EACH
    assert all(document.content != hidden.clean(kind) for document in made)
