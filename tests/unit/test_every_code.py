"""A question on several codes finds a passage of each, however many the others have."""

from datetime import date
from pathlib import Path

from assistant.question import read_question
from assistant.settings import Settings
from assistant.wiring import open_assistant
from tests import support

DAY = date(2026, 5, 1)


def test_a_code_with_one_passage_is_not_crowded_out_by_a_code_with_many(runtime: Path, tmp_path: Path) -> None:
    many = "\n\n".join(f"77370 is billed with plan {n} when a physician asks.\n{{: #f-m-{n} }}" for n in range(30))
    rare = "77147 takes a form.\n{: #f-r-1 }"
    folder = support.build_library(tmp_path / "data", runtime, {"notes.md": f"# Notes\n\n{many}\n\n{rare}\n"})
    with open_assistant(Settings(data_dir=folder)) as assistant:
        hits = assistant.retriever.find(read_question("Can 77370 be billed with 77147 when a physician asks for a plan?", DAY))
    assert "77370" in hits[0].passage.codes
    assert [hit for hit in hits if "77147" in hit.passage.codes]
    assert len({hit.passage.id for hit in hits}) == len(hits)
