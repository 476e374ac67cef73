"""The question sets of the retrieval benchmarks: documents, questions, and the spans that answer them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.trial import Document, Question
from benchmarks.scoring import Target, target_at
from corpus.errors import EvalError
from evals.cases import load_suite
from ingest.build import read_source, shipped_sources
from ingest.documents import DocumentText
from ingest.lookup import payer_applies
from ingest.split import split

DATA = Path("../shared/data")
_DAY = "2026-11-24"
_EVER, _NEVER = 0, 99991231


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Documents and questions; `targets[i]` are the spans that answer `questions[i]`."""

    name: str
    documents: tuple[Document, ...]
    questions: tuple[Question, ...]
    targets: tuple[tuple[Target, ...], ...]

    def first(self, count: int) -> "QuestionSet":
        """Give the set with `count` of its questions only, spread evenly."""
        kept = spread(range(len(self.questions)), count)
        return QuestionSet(self.name, self.documents, tuple(self.questions[n] for n in kept), tuple(self.targets[n] for n in kept))


def covidqa(papers: int | None = None, data: Path = DATA) -> QuestionSet:
    """Give COVID-QA: `papers` of its papers, spread evenly (None = all), with the questions on them.

    Raises:
        EvalError: the data is not in the folder `data`.
    """
    folder = data / "covidqa"
    if not (folder / "docs.jsonl").is_file():
        raise EvalError(f"no covidqa/docs.jsonl in {data}; docs/benchmarks.md tells its form; give the folder with --data")
    every = list(_lines(folder / "docs.jsonl"))
    documents = [Document(line["id"], line["title"], line["text"], f"{line['id']}.txt") for line in spread(every, papers or len(every))]
    texts = {document.id: document.text for document in documents}
    asked = [line for line in _lines(folder / "questions.jsonl") if line["doc"] in texts]
    targets = [tuple(target_at(line["doc"], texts[line["doc"]], *span) for span in line["spans"]) for line in asked]
    return QuestionSet("covidqa", tuple(documents), tuple(Question(line["q"], _DAY) for line in asked), tuple(targets))


def golden(part: str) -> QuestionSet:
    """Give the shipped corpus with the golden questions of one split that name gold passages."""
    sources = [read_source(source, {}, "") for source in shipped_sources()]
    anchored = {anchor: target for source in sources for anchor, target in _anchored(source)}
    payers = sorted({source.document.payer for source in sources})
    cases = [case for case in load_suite("golden", part) if case.gold]
    questions = [
        Question(
            case.question,
            case.as_of.isoformat(),
            case.payer,
            tuple(payer for payer in payers if case.payer and payer_applies(case.payer, payer)),
        )
        for case in cases
    ]
    targets = [tuple(anchored[anchor] for anchor in case.gold) for case in cases]
    return QuestionSet(f"golden-{part}", tuple(_digest(source) for source in sources), tuple(questions), tuple(targets))


def spread(items: Sequence[Any], count: int) -> list[Any]:
    """Give `count` of `items` at even distances, all of them when there are no more."""
    return [items[number * len(items) // count] for number in range(count)] if count < len(items) else list(items)


def _digest(source: DocumentText) -> Document:
    document = source.document
    filters = {
        "valid_from": int(document.valid_from.strftime("%Y%m%d")) if document.valid_from else _EVER,
        "valid_to": int(document.valid_to.strftime("%Y%m%d")) if document.valid_to else _NEVER,
        "payer": document.payer,
    }
    return Document(document.path, document.title, source.text, document.path, filters)


def _anchored(source: DocumentText) -> Iterator[tuple[str, Target]]:
    for passage in split(source):
        if passage.anchor:
            yield passage.anchor, target_at(source.document.path, source.text, passage.start, passage.end)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
