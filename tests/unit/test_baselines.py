"""The answers of the starter corpus keep to the committed baselines of every suite and split."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.conversation import Conversation
from assistant.remembered import remember_precedents
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.wiring import open_assistant
from evals.cases import load_suite
from evals.conversations import SPOKEN_ON, load_dialogues, run_dialogues
from evals.report import load_baseline
from evals.run import below_baseline, open_shelf, run_suite
from ingest.build import ingest, shipped_sources
from ingest.embed import OnnxEmbedder
from ingest.library import open_writer


@pytest.fixture(scope="module")
def starter(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("baselines") / "data"
    encoder = OnnxEmbedder(runtime)
    with open_writer(folder) as library:
        ingest(library, encoder, shipped_sources(), by_hand={}, added_at="")
    (folder / "runtime").mkdir()
    remember_precedents(folder / "runtime", encoder)
    with open_assistant(Settings(data_dir=folder), embedder=encoder, today=lambda: SPOKEN_ON) as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize(("suite", "split"), [("starter", None), ("golden", "dev"), ("golden", "test")])
def test_no_metric_falls_below_its_baseline(starter: Assistant, suite: str, split: str | None) -> None:
    baseline = load_baseline(f"{suite}-{split}" if split else suite)
    assert baseline
    assert below_baseline(run_suite(starter, load_suite(suite, split)), baseline) == ()


@pytest.mark.slow
def test_no_metric_of_conversations_falls_below_its_baseline(starter: Assistant) -> None:
    baseline = load_baseline("conversations-dev")
    assert baseline
    results = run_dialogues(lambda: Conversation(starter), open_shelf(starter.library), load_dialogues("dev"))
    assert below_baseline(results, baseline) == ()
