"""No identifier of a patient that is typed into a question is left in any output, log, temporary file or file of the data folder."""

from pathlib import Path

from tests.faults import typed


def test_of_30_questions_with_identifiers_none_is_left_anywhere_also_when_answers_fail(tmp_path: Path, runtime: Path) -> None:
    found = typed.ask_all(tmp_path, runtime, 30)
    assert found.leaks == []
    expected = {
        "library damaged": "is damaged",
        "search damaged": "is damaged",
        "model late": "did not reply within",
        "exception": "went wrong",
    }
    assert [case for case, told in found.told.items() if expected.get(case[1], "") not in told] == []
    assert "[MRN]" in "".join(found.told.values())
    assert found.shown_to_model
