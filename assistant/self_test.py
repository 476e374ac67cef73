"""Test whether the passages of a document are found by questions made from their own words."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.answer import Hit
from assistant.extractive import quotable
from assistant.service import Assistant
from assistant.terms import content_terms
from ingest.codes import codes_written
from ingest.documents import Passage
from ingest.sentences import sentence_spans

MOST_PROBES = 200
WITHIN = 5
"""A passage is found when it is among so many of the first hits of the whole library."""
_MOST_WORDS = 12
_MOST_CODES = 4
_MOST_CHARS = 400
_ANY_PAYER = ("all", "")


@dataclass(frozen=True, slots=True)
class Missed:
    """A passage that its own question did not find, and the hit that came first instead, None where there was none."""

    passage: Passage
    question: str
    first: Hit | None


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test: how many passages the document has, how many were tried, and those that were not found."""

    passages: int
    tried: int
    missed: tuple[Missed, ...]

    @property
    def found(self) -> int:
        """How many of those tried were found."""
        return self.tried - len(self.missed)


def self_test(assistant: Assistant, document_id: str, *, advance: Callable[[float], object] = lambda _: None) -> Tested:
    """Ask for the passages of a document, at most 200 spread evenly, each by its own words on a day and for a payer that it holds for.

    `advance` hears after each which share of them was asked. A code file has no passages: it is looked up row by row.
    """
    passages = assistant.library.passages(document_id)
    chosen = _spread(passages)
    questions = probes(passages)
    missed: list[Missed] = []
    for done, passage in enumerate(chosen, start=1):
        missed += _missed(assistant, passage, questions[passage.id])
        advance(done / len(chosen))
    return Tested(len(passages), len(chosen), tuple(missed))


def probes(passages: Sequence[Passage]) -> dict[str, str]:
    """Give the question that asks for each passage of a document, by its id.

    It is the question that the passage answers; else its heading with its codes; else the key words of its first sentence with
    its codes: the first of these that no other passage has too.
    """
    wanted = {p.id: (_asked(p), _with_codes(p.section[-1], p) if p.section else "", _by_words(p)) for p in passages}
    shared = Counter(question for asked in wanted.values() for question in set(asked))
    return {key: next((q for q in asked if q and shared[q] == 1), asked[-1])[:_MOST_CHARS] for key, asked in wanted.items()}


def _missed(assistant: Assistant, passage: Passage, question: str) -> list[Missed]:
    payer = None if passage.payer.lower() in _ANY_PAYER else passage.payer
    hits = assistant.retriever.find(assistant.read(question, _day(passage, assistant.today()), payer))
    if any(hit.passage.id == passage.id for hit in hits[:WITHIN]):
        return []
    return [Missed(passage, question, hits[0] if hits else None)]


def _day(passage: Passage, today: date) -> date:
    """Give today where the passage is in force, else the day nearest to it on which it is."""
    if passage.valid_to and today > passage.valid_to:
        return passage.valid_to
    return passage.valid_from if passage.valid_from and today < passage.valid_from else today


def _spread(passages: Sequence[Passage]) -> list[Passage]:
    count = min(len(passages), MOST_PROBES)
    return [passages[n * len(passages) // count] for n in range(count)]


def _asked(passage: Passage) -> str:
    """Give the question that a passage answers, "" where it holds none."""
    for words in (passage.text, *passage.section[-1:]):
        sentences = [words[start:end] for start, end in sentence_spans(words)]
        if question := next((sentence for sentence in sentences if sentence.endswith("?")), ""):
            return " ".join(question.split())
    return ""


def _by_words(passage: Passage) -> str:
    first = next((text for _, text in quotable(passage)), passage.text)
    return _with_codes(" ".join(content_terms(first)[:_MOST_WORDS]), passage)


def _with_codes(words: str, passage: Passage) -> str:
    written = codes_written(words)
    return " ".join((words, *(code for code in passage.named_codes[:_MOST_CODES] if code not in written))).strip()
