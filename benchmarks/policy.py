"""What each part of retrieval adds, and how its weights were chosen: golden dev questions and long papers.

    python -m benchmarks.policy [--data ../shared/data] [--papers 20] [--adapter FILE] [--sweep]

The adapter that ships has seen the questions of dev pages. So that the dev split can choose, this trains one that has not,
about three minutes, unless `--adapter` gives it. The test split is never read.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

from assistant.question import read_question
from assistant.remembered import remember_precedents
from assistant.retrieve import Policy, Retriever
from assistant.settings import Settings
from assistant.wiring import open_assistant
from benchmarks import sets
from benchmarks.passages import write_papers
from benchmarks.scoring import QuestionScore, cuts_of, interval, score
from benchmarks.sets import QuestionSet
from benchmarks.timing import machine
from ingest import split
from ingest.build import ingest, shipped_sources, user_sources
from ingest.documents import Passage
from ingest.embed import OnnxEmbedder, ReferenceEmbedder
from ingest.library import open_writer
from ingest.runtimes import DocumentEmbedder

WORK = Path("build/bench/policy")
_BARE = Policy(lexical_weight=0.0, late_weight=0.0, every_code_bonus=0.0, held_bonus=0.0, headed_bonus=0.0)
_WORDS = replace(_BARE, lexical_weight=Policy().lexical_weight)
_CODES = replace(Policy(), late_weight=0.0, known_weight=0.0)
STEPS = (
    ("meaning alone, the model as published", False, False, _BARE),
    ("and words", False, False, _WORDS),
    ("and how a passage holds the codes", False, False, _CODES),
    ("and the adapter", True, False, _CODES),
    ("and the questions that passages answer", True, True, _CODES),
    ("and late interaction", True, True, replace(Policy(), known_weight=0.0)),
    ("and questions known to be asked (as shipped)", True, True, Policy()),
)
SWEEP = {
    "lexical_weight": (0.15, 0.45, 0.6),
    "late_weight": (0.25, 0.5, 1.0, 1.5),
    "known_weight": (0.2, 0.6, 0.8),
    "every_code_bonus": (0.0, 0.2),
    "candidates": (15, 60, 100),
    "reranked": (20, 60),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A question set in a library of its own."""

    asked: QuestionSet
    retriever: Retriever
    numbers: dict[str, int]
    pieces: list[tuple[str, str]]

    def scores(self, policy: Policy) -> list[QuestionScore]:
        """Give the scores of every question under a policy."""
        retriever = self.retriever.under(policy)
        cuts = cuts_of(self.pieces, {document.id: document.text for document in self.asked.documents})
        found = []
        for question, targets in zip(self.asked.questions, self.asked.targets, strict=True):
            hits = retriever.find(read_question(question.text, date.fromisoformat(question.as_of), question.payer))
            found.append(score([self.numbers[hit.passage.id] for hit in hits], targets, cuts))
        return found


def main() -> None:
    """Print the table of parts and, where asked, that of weights."""
    given = _arguments()
    adapter = given.adapter or _unseen()
    golden, papers = sets.golden("dev"), sets.covidqa(given.papers, given.data)
    print(f"{len(golden.questions)} golden dev questions, {len(papers.questions)} questions on {given.papers} papers; {machine()}\n")
    head = ("", "golden dev: nDCG@10", "recall@5", "papers: nDCG@10", "recall@5")
    print(f"| {' | '.join(head)} |\n{'|---' * len(head)}|")
    for adapted, questions in ((False, False), (True, False), (True, True)):
        with _open(golden, adapter if adapted else None, questions) as one, _open(papers, adapter if adapted else None, questions) as other:
            for name, *library, policy in STEPS:
                if library == [adapted, questions]:
                    print(_row(name, (one, other), policy), flush=True)
            if given.sweep and questions:
                _sweep((one, other))


def _sweep(settings: Sequence[Setting]) -> None:
    for name, values in SWEEP.items():
        for value in values:
            print(_row(f"{name} {value} (shipped: {getattr(Policy(), name)})", settings, replace(Policy(), **{name: value})), flush=True)


def _row(name: str, settings: Sequence[Setting], policy: Policy) -> str:
    cells = []
    for setting in settings:
        scores = setting.scores(policy)
        ndcg = np.array([each.ndcg for each in scores])
        low, high = interval(ndcg)
        cells += [f"{ndcg.mean():.3f} [{low:.3f}, {high:.3f}]", f"{np.mean([each.recall for each in scores]):.3f}"]
    return f"| {name} | {' | '.join(cells)} |"


@contextmanager
def _open(asked: QuestionSet, adapter: Path | None, questions: bool) -> Iterator[Setting]:
    """Build a library for a set and open it."""
    print(f"building {asked.name} …", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        data, files = Path(folder) / "library", Path(folder) / "files"
        files.mkdir()
        shipped = asked.name.startswith("golden")
        names = {} if shipped else write_papers(asked, files)
        sources = shipped_sources() if shipped else user_sources(names.values())
        ReferenceEmbedder(adapter=adapter).export(data / "runtime")
        with (
            patch.object(split, "_passage", split._passage if questions else partial(_unasked, split._passage)),
            open_writer(data) as library,
        ):
            ingest(library, DocumentEmbedder(data / "runtime"), sources, by_hand={}, added_at="")
        embedder = OnnxEmbedder(data / "runtime")
        if adapter and questions:
            remember_precedents(data / "runtime", embedder)
        with open_assistant(Settings(data_dir=data), embedder=embedder) as assistant:
            ids = {str(path.resolve()): name for name, path in names.items()}
            entries = assistant.library.documents()
            held = [(ids.get(d.path, d.path), passage) for d, *_ in entries for passage in assistant.library.passages(d.id)]
            numbers = {passage.id: number for number, (_, passage) in enumerate(held)}
            yield Setting(asked, assistant.retriever, numbers, [(name, passage.text) for name, passage in held])


def _unasked(cut: Callable[..., Passage], *given: object) -> Passage:
    return replace(cut(*given), questions=())


def _unseen() -> Path:
    from safetensors.torch import save_file

    from benchmarks.train_adapter import RANK, train, training_data

    made = WORK / "unseen.safetensors"
    if not made.exists():
        print("training an adapter that has seen neither dev nor test pages …", file=sys.stderr)
        WORK.mkdir(parents=True, exist_ok=True)
        save_file(train(training_data(("dev", "test")), RANK).state(), made)
    return made


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=sets.DATA, metavar="FOLDER", help=f"public question sets (default {sets.DATA})")
    parser.add_argument("--papers", type=int, default=20, help="papers of covidqa (default 20)")
    parser.add_argument("--adapter", type=Path, metavar="FILE", help="an adapter trained with --leave-out dev --leave-out test")
    parser.add_argument("--sweep", action="store_true", help="also show what other weights give, one changed at a time")
    return parser.parse_args()


if __name__ == "__main__":
    main()
