"""An answer beside its case, and what it shows of what the case asks for: nuggets, gold passages, sides of a conflict, forbidden claims."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assistant.answer import Answer, Citation, Hit, Sentence
from evals.cases import Case, Nugget
from evals.claims import Weigh, codes_meant, concepts, share
from evals.nuggets import Quoted, Relation, asserts, coverage, states
from ingest.codes import index_key

_ON_CODE, _ON_TOPIC = 0.25, 0.35


@dataclass(frozen=True, slots=True)
class Marked:
    """An answer beside its case, with what scoring needs of the library: a document's text, how rare words are, what disagrees."""

    case: Case
    answer: Answer
    text_of: Callable[[str], str]
    weigh: Weigh
    disputes: frozenset[frozenset[str]] = frozenset()
    """Pairs of anchors of paragraphs that disagree."""
    paragraphs: Mapping[str, str] = field(default_factory=dict)
    """The text of each paragraph of the library, by its anchor."""

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Every sentence that a reader sees, those of conflicts included."""
        return (*self.answer.sentences, *(side for conflict in self.answer.conflicts for side in conflict.sides))

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation that a reader sees."""
        return tuple(citation for sentence in self.sentences for citation in sentence.citations)

    def hit(self, citation: Citation) -> Hit:
        """Give the passage and document that a citation points into."""
        return next(hit for hit in self.answer.evidence if hit.passage.id == citation.passage_id)


def missed(marked: Marked) -> tuple[Nugget, ...]:
    """Give the vital nuggets that no quote states."""
    return tuple(n for n in marked.case.nuggets if n.vital and not any(states_nugget(marked, n, c) for c in marked.citations))


def claims_made(marked: Marked) -> tuple[str, ...]:
    """Give the claims that must not appear and that a sentence or quote makes."""
    shown = dict.fromkeys([*(s.text for s in marked.sentences), *(c.quote for c in marked.citations)])
    return tuple(claim for claim in marked.case.must_not if any(asserts(text, claim, marked.weigh) for text in shown))


def states_nugget(marked: Marked, nugget: Nugget, citation: Citation) -> bool:
    """Tell whether what is quoted from the passage of a citation states a nugget; words that do not stand in it state nothing."""
    passage = marked.hit(citation).passage
    if citation.quote not in passage.text:
        return False
    together = dict.fromkeys(c.quote for c in marked.citations if c.passage_id == passage.id and c.quote in passage.text)
    quoted = Quoted(" ".join(together), passage)
    return states(nugget.text, quoted, _relation(marked, nugget, quoted), marked.case.as_of, marked.weigh)


def _relation(marked: Marked, nugget: Nugget, quoted: Quoted) -> Relation:
    """A gold passage counts as one for the vital nugget that it covers best; for others it is a passage like any."""
    anchor = quoted.passage.anchor
    if nugget.fact and anchor == nugget.fact:
        return Relation.FACT
    if not nugget.vital or anchor not in marked.case.gold:
        return Relation.OTHER
    whole = Quoted(quoted.passage.text, quoted.passage)
    best = max(coverage(other.text, whole, marked.weigh) for other in marked.case.nuggets if other.vital)
    return Relation.GOLD if coverage(nugget.text, whole, marked.weigh) >= best else Relation.OTHER


def is_precise(marked: Marked, citation: Citation) -> bool:
    """Tell whether a citation rests on a gold passage or states a nugget of the case."""
    return _is_gold(marked, citation) or any(states_nugget(marked, n, citation) for n in marked.case.nuggets)


def bears(marked: Marked, citation: Citation) -> bool:
    """Tell whether an exact quote in force disagrees with a gold passage, or is on the matter of the case.

    It is on it where its passage is on a code due or asked about and it shares a quarter of its weight with a gold passage, or of a
    nugget's with it; where the case is about no code, what it shares must be more.
    """
    case, passage = marked.case, marked.hit(citation).passage
    if citation.quote not in passage.text or not passage.in_force(case.as_of):
        return False
    if any(frozenset((passage.anchor, gold)) in marked.disputes for gold in case.gold):
        return True
    due = frozenset(map(index_key, case.codes)) | codes_meant(case.question)
    if due and not due & passage.codes:
        return False
    said = concepts(citation.quote)
    in_gold = (share(said, concepts(marked.paragraphs[anchor]), marked.weigh) for anchor in case.gold if anchor in marked.paragraphs)
    of_nugget = (share(concepts(n.text), said, marked.weigh) for n in case.nuggets)
    return max((*in_gold, *of_nugget), default=0.0) >= (_ON_CODE if due else _ON_TOPIC)


def side_cited(marked: Marked, anchor: str) -> bool:
    """Tell whether one side of a disagreement is cited, by its passage or by one that states the nugget of its fact."""
    if any(marked.hit(c).passage.anchor == anchor and c.quote in marked.hit(c).passage.text for c in marked.citations):
        return True
    return any(states_nugget(marked, n, c) for n in marked.case.nuggets if n.fact == anchor for c in marked.citations)


def _is_gold(marked: Marked, citation: Citation) -> bool:
    passage = marked.hit(citation).passage
    return passage.anchor in marked.case.gold and citation.quote in passage.text
