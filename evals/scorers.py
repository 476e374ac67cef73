"""Score one answer against its case: pure, deterministic, no model. A score of None does not apply and is left out of means.

An abstention where an answer was due scores 0 wherever the case says what a right answer is, so abstaining raises no score.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log2

from assistant.answer import Verdict
from evals.cases import Nugget
from evals.claims import codes
from evals.marked import Marked, bears, claims_made, is_precise, side_cited, states_nugget
from evals.support import backs
from ingest.codes import index_key


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one case; `value` lies in [0, 1], None where the metric does not apply."""

    case_id: str
    scorer: str
    value: float | None
    note: str = ""


Scorer = Callable[[Marked], float | None]
CONFLICT = "conflict"


def quote_exact(marked: Marked) -> float | None:
    """Give the share of citations whose quote stands in the stored text at its offsets."""
    return _share(marked.text_of(c.document_id)[c.start : c.end] == c.quote for c in marked.citations)


def citation_recall(marked: Marked) -> float | None:
    """Give the share of sentences that their quotes support (ALCE, Gao et al. 2023, with `support.backs` for entailment)."""
    return _share(backs(s.text, " ".join(c.quote for c in s.citations), marked.weigh) for s in marked.sentences)


def citation_precision(marked: Marked) -> float | None:
    """Give the share of citations that rest on a gold passage or state a nugget of the case; 0 where none is given."""
    if not marked.case.answerable:
        return None
    return _share(is_precise(marked, c) for c in marked.citations) or 0.0


def citation_relevance(marked: Marked) -> float | None:
    """Give the share of citations that are precise or else bear on what is asked (`bears`); 0 where none is given."""
    if not marked.case.answerable:
        return None
    return _share(is_precise(marked, c) or bears(marked, c) for c in marked.citations) or 0.0


def nugget_vital(marked: Marked) -> float | None:
    """Give the share of vital nuggets that the quotes of some passage state in full (strict vital, TREC RAG 2024)."""
    return _nugget_recall(marked, [n for n in marked.case.nuggets if n.vital])


def nugget_all(marked: Marked) -> float | None:
    """Give the share of all nuggets that the quotes of some passage state."""
    return _nugget_recall(marked, list(marked.case.nuggets))


def verdict_right(marked: Marked) -> float | None:
    """Give 1 when an answer is given and its verdict is the expected one."""
    if not marked.case.answerable:
        return None
    return float(bool(marked.answer.sentences) and marked.answer.verdict is marked.case.verdict)


def verdict_not_wrong(marked: Marked) -> float | None:
    """Give 1 when an answer is given and its verdict is none or the expected one."""
    if not marked.case.answerable:
        return None
    return float(bool(marked.answer.sentences) and marked.answer.verdict in {Verdict.NONE, marked.case.verdict})


def wrong_verdict(marked: Marked) -> float | None:
    """Give 1 when a verdict is given that is neither none nor the expected one; an abstention gives none."""
    if not marked.case.answerable:
        return None
    return float(bool(marked.answer.sentences) and marked.answer.verdict not in {Verdict.NONE, marked.case.verdict})


def conflict_shown(marked: Marked) -> float | None:
    """Give 1 when both sides of a disagreement among the gold passages of a case on one are cited.

    A side is cited by its own passage, or by another that states the nugget of its fact.
    """
    gold = {*marked.case.gold, *(n.fact for n in marked.case.nuggets)}
    due = [pair for pair in marked.disputes if pair <= gold]
    if CONFLICT not in marked.case.tags or not due:
        return None
    return float(any(all(side_cited(marked, anchor) for anchor in pair) for pair in due))


def right_on_its_day(marked: Marked) -> bool:
    """Tell whether the expected verdict was given and a vital nugget stated; where none is due, whether it abstained."""
    if not marked.case.answerable:
        return not marked.answer.sentences
    return verdict_right(marked) == 1.0 and bool(nugget_vital(marked))


def must_not_said(marked: Marked) -> float | None:
    """Give 1 when a sentence or quote makes a claim that must not appear."""
    return float(bool(claims_made(marked))) if marked.case.must_not else None


def must_not(marked: Marked) -> float | None:
    """Give 1 when no sentence or quote makes a claim that must not appear, and an answer is given where one is due."""
    if not marked.case.must_not:
        return None
    if not marked.sentences:
        return float(not marked.case.answerable)
    return float(not claims_made(marked))


def code_match(marked: Marked) -> float | None:
    """Give 1 when no sentence names a code that its quotes lack, the codes due are there, and no look-alike is answered for.

    A look-alike is answered for by citing a passage on it that is on none of the codes due.
    """
    if any(codes(s.text) - _codes(c.quote for c in s.citations) for s in marked.sentences):
        return 0.0
    if not marked.case.answerable:
        return None
    due, others = frozenset(map(index_key, marked.case.codes)), frozenset(map(index_key, marked.case.not_codes))
    cited = [marked.hit(c).passage.codes for c in marked.citations]
    strays = bool(due) and any(on & others and not on & due for on in cited)
    return float(bool(cited) and due <= _codes(s.text for s in marked.sentences).union(*cited) and not strays)


def in_force(marked: Marked) -> float | None:
    """Give the share of cited passages that are in force on the date of service."""
    day = marked.case.as_of
    passages = [marked.hit(c).passage for c in marked.citations]
    return _share(p.in_force(day) for p in passages)


def answers_when_due(marked: Marked) -> float | None:
    """Give 1 when a question that can be answered is."""
    return float(bool(marked.answer.sentences)) if marked.case.answerable else None


def abstains_when_due(marked: Marked) -> float | None:
    """Give 1 when a question that must not be answered is not."""
    return None if marked.case.answerable else float(not marked.answer.sentences)


def recall_at(depth: int) -> Scorer:
    """Give a scorer for the share of gold passages among the first `depth` hits (of `depth` at most)."""

    def recall(marked: Marked) -> float | None:
        gold = set(marked.case.gold)
        return len(gold & set(_anchors(marked)[:depth])) / min(len(gold), depth) if gold else None

    return recall


def reciprocal_rank(marked: Marked) -> float | None:
    """Give one over the rank of the first gold passage, 0 when there is none."""
    gold = set(marked.case.gold)
    if not gold:
        return None
    return next((1 / rank for rank, anchor in enumerate(_anchors(marked), start=1) if anchor in gold), 0.0)


def ndcg_at_10(marked: Marked) -> float | None:
    """Give nDCG at 10 with binary gains (Järvelin and Kekäläinen 2002)."""
    gold = set(marked.case.gold)
    if not gold:
        return None
    gain = sum(1 / log2(rank + 1) for rank, anchor in enumerate(_anchors(marked)[:10], start=1) if anchor in gold)
    return gain / sum(1 / log2(rank + 1) for rank in range(1, min(len(gold), 10) + 1))


SCORERS: dict[str, Scorer] = {
    "quote exactness": quote_exact,
    "citation recall": citation_recall,
    "citation precision": citation_precision,
    "citation relevance": citation_relevance,
    "nuggets, vital": nugget_vital,
    "nuggets, all": nugget_all,
    "verdict right": verdict_right,
    "verdict not wrong": verdict_not_wrong,
    "wrong verdicts": wrong_verdict,
    "conflicts shown": conflict_shown,
    "must-not kept": must_not,
    "must-not said": must_not_said,
    "code match": code_match,
    "in force": in_force,
    "answers when due": answers_when_due,
    "abstains when due": abstains_when_due,
    "recall@1": recall_at(1),
    "recall@5": recall_at(5),
    "recall@20": recall_at(20),
    "MRR": reciprocal_rank,
    "nDCG@10": ndcg_at_10,
}


LOWER_IS_BETTER = frozenset({"wrong verdicts", "must-not said"})
"""They count what is wrong in what is shown, so silence lowers them: read them beside "answers when due"."""


def score(marked: Marked) -> tuple[Score, ...]:
    """Give every metric of one answer."""
    return tuple(Score(marked.case.id, name, scorer(marked)) for name, scorer in SCORERS.items())


def _nugget_recall(marked: Marked, nuggets: Sequence[Nugget]) -> float | None:
    return _share(any(states_nugget(marked, nugget, c) for c in marked.citations) for nugget in nuggets)


def _anchors(marked: Marked) -> list[str]:
    return [hit.passage.anchor for hit in marked.answer.evidence if hit.via != ("conflict",)]


def _codes(texts: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*map(codes, texts))


def _share(outcomes: Iterable[bool]) -> float | None:
    found = list(outcomes)
    return sum(found) / len(found) if found else None
