"""Each scorer that claims to see what is spoiled on purpose sees it, at least 95 times in 100."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import islice
from random import Random

import pytest

from assistant.answer import Answer, Citation, Hit, Intent, Provenance, Question, Role, Sentence, Status, Verdict
from corpus.digests import digest_paths
from corpus.paragraphs import read_digest
from evals.cases import Case, Nugget
from evals.claims import Weigh, rarity
from evals.corrupt import SPOILERS, Where, cut_condition, move_citation, spoil_text
from evals.marked import Marked
from evals.scorers import LOWER_IS_BETTER, SCORERS, citation_precision, citation_recall, code_match, nugget_vital, quote_exact
from ingest.documents import Document, Passage
from ingest.sentences import sentence_spans

DAY = date(2026, 3, 1)
WANTED = 100


@cache
def facts() -> tuple[tuple[str, str], ...]:
    return tuple((p.fact_id, p.text) for path in digest_paths() for p in read_digest(path.read_text()).paragraphs)


@cache
def weigh() -> Weigh:
    return rarity(text for _, text in facts())


def passage(anchor: str, text: str) -> Passage:
    return Passage(anchor, f"d-{anchor}", 0, len(text), text, (), "", None, None, (), (), (), "all", None, None, "", anchor, ())


def hit(anchor: str, text: str) -> Hit:
    document = Document(f"d-{anchor}", "", "t", "p", "payer", "", "", None, None, "all", "", "", "", "", "", "")
    return Hit(passage(anchor, text), document, 1.0, 1.0, 1.0, ("code",))


def right(number: int) -> Marked:
    """A right answer: the first sentence of a shipped paragraph, quoted in full, with another paragraph also found."""
    (anchor, text), other = facts()[number], facts()[number - 1]
    start, end = sentence_spans(text)[0]
    said = text[start:end]
    cited = Citation(anchor, f"d-{anchor}", said, start, end, None)
    question = Question("?", DAY, None, (), (), Intent.OTHER, False)
    provenance = Provenance("test", "test", 0, "", {})
    evidence = (hit(anchor, text), hit(*other))
    sentences = (Sentence(said, Role.BACKGROUND, (cited,)),)
    answer = Answer(question, Status.ANSWERED, Verdict.YES, sentences, (), None, evidence, (), (), provenance)
    must_not = ("an unrelated claim on walruses",)
    case = Case("c", "?", DAY, None, Status.ANSWERED, Verdict.YES, (Nugget(said, anchor, True),), (anchor,), must_not, (), (), None, ())
    texts = {h.document.id: h.passage.text for h in evidence}
    return Marked(case, answer, texts.__getitem__, weigh())


def spoiled(change: Callable[[Answer], Answer | None]) -> Iterator[Marked]:
    order = list(range(1, len(facts())))
    Random(5).shuffle(order)
    for marked in map(right, order):
        answer = change(marked.answer)
        if answer is not None:
            yield replace(marked, answer=answer)


def seen(change: Callable[[Answer], Answer | None], scorer: Callable[[Marked], float | None]) -> tuple[int, int]:
    values = [scorer(marked) for marked in islice(spoiled(change), WANTED)]
    return sum(value is not None and value < 1.0 for value in values), len(values)


@pytest.mark.parametrize("kind", SPOILERS)
@pytest.mark.parametrize(("where", "scorer"), [(Where.CLAIM, citation_recall), (Where.FORGERY, quote_exact)])
def test_spoiled_words_are_seen(kind: str, where: Where, scorer: Callable[[Marked], float | None]) -> None:
    found, tried = seen(lambda answer: spoil_text(answer, kind, Random(7), where), scorer)
    assert tried == WANTED
    assert found >= 95


def test_a_code_that_the_quote_lacks_is_seen() -> None:
    assert seen(lambda answer: spoil_text(answer, "code", Random(7), Where.CLAIM), code_match)[0] >= 95


@pytest.mark.parametrize("kind", SPOILERS)
def test_forged_words_state_no_nugget_and_rest_on_no_gold_passage(kind: str) -> None:
    for scorer in (nugget_vital, citation_precision):
        assert seen(lambda answer: spoil_text(answer, kind, Random(7)), scorer)[0] >= 95


@pytest.mark.parametrize(
    ("keep_quote", "scorer"), [(True, quote_exact), (False, citation_recall), (False, citation_precision), (False, nugget_vital)]
)
def test_a_moved_citation_is_seen(keep_quote: bool, scorer: Callable[[Marked], float | None]) -> None:
    assert seen(lambda answer: move_citation(answer, keep_quote=keep_quote), scorer)[0] >= 95


def test_a_condition_cut_off_with_its_quote_is_seen() -> None:
    assert seen(cut_condition, nugget_vital)[0] >= 95


def test_right_answers_score_full_marks() -> None:
    for number in range(1, 201):
        marked = right(number)
        values = {name: scorer(marked) for name, scorer in SCORERS.items()}
        assert {name for name, value in values.items() if value not in {None, 0.0 if name in LOWER_IS_BETTER else 1.0}} == set()
