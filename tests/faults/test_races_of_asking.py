"""A question asked while its document is replaced or taken away is answered from one state of the library."""

from pathlib import Path

import pytest

from assistant.service import CHANGED
from assistant.settings import Settings
from assistant.wiring import open_assistant
from tests import support
from tests.faults import races_of_asking as races


def test_every_answer_of_ten_races_is_of_one_state_with_quotes_of_the_version_it_cites(tmp_path: Path) -> None:
    answers, places, wrong = races.run(tmp_path, 10, every=12)
    assert answers >= 40
    assert places >= 8
    assert wrong == []


@pytest.mark.parametrize("ceases", [True, False])
def test_an_answer_says_so_where_the_library_does_not_cease_to_change(tmp_path: Path, ceases: bool) -> None:
    data = races.make_library(tmp_path)
    asked = list[str]()

    def disturb(stage: str) -> None:
        if stage == "Choosing sentences" and not (ceases and asked):
            asked.append(stage)
            races.change(data, "remove", len(asked) % 2 == 1)

    with open_assistant(Settings(data_dir=data), embedder=support.HashEmbedder()) as assistant:
        answer = assistant.ask(races.QUESTION, watch=disturb)
    assert (CHANGED in answer.notices) is not ceases
    assert len(asked) == (1 if ceases else 5)
