"""Tell what a sentence rules: allowed, refused, or either under a condition; and whether a question meets it."""

import re
from collections.abc import Collection
from enum import StrEnum

from assistant.terms import stems
from ingest.codes import codes_written

_REFUSES = re.compile(
    r"\b(?:not(?! only)|never|cannot|can['’]t|won['’]t|don['’]t|doesn['’]t|isn['’]t|aren['’]t|shouldn['’]t|neither|nor|no longer|no separate|no (?:professional|technical|physician) component"
    r"|den(?:y|ies|ied)|bundle[sd]?|includes? (?:it|them|\d)|(?:is|are|was|were) (?:already )?included in|part of (?:the )?(?:payment|hospital|package|7|code)|packaged|inappropriate|incorrect|wrong|improper"
    r"|prohibit\w*|restrict\w*|exclud\w+|insufficient|reject\w*|disallow\w*|forbid\w*|ineligible|non-?covered|deleted|invalid)\b",
    re.IGNORECASE,
)
_ALLOWS = re.compile(
    r"\b(?:may|can|could|lets?|supports?|allow(?:s|ed)?|accept(?:s|ed|able)?|permit(?:s|ted)?|payable|billable|reportable|covered|covers|eligible|separately|appropriate"
    r"|is (?:reported|billed|paid|used|required|needed)|are (?:reported|billed|paid|used|required|needed)|should|must|requires?|required|needs?|has to|have to|expects?|valid|always|both|pays?|reports?)\b",
    re.IGNORECASE,
)
_HEDGES = re.compile(
    r"\b(?:if|when|whenever|unless|(?<!technical )(?<!professional )(?<!not )(?<!-)only(?! one\b)(?!\W*$)|except|provided|as long as|depend(?:s|ing)?|generally|normally|usually|typically|"
    r"caused by|merely|solely|situations?|case[- ]by[- ]case|subject to|limited to|criteria|may arise|with (?:documentation|documented|medical necessity|modifier))\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|when|whenever|unless|only|merely|solely|except|caused by|provided(?: that)?|as long as|where|during|after|before|with|without|for|whose)\b(.+?)(?=[;:]|,? (?:but|yet|however)\b|$)",
    re.IGNORECASE,
)
_DOCUMENTS = re.compile(
    r"\b(?:document\w*|written|writing|sign(?:s|ed|ature)?|dated|record(?:s|ed)?|chart|order(?:ed)?|report must|request|check[- ]?(?:off )?box)\b",
    re.IGNORECASE,
)
_EXCEPTS = re.compile(r"\b(?:except|unless|however|yet|exception|situations may arise)\b", re.IGNORECASE)
_NEGATED_QUESTION = re.compile(
    r"\b(?:not|never|n['’]t|cannot|can['’]t|without|den(?:y|ies|ied)|excluded|bundled|included|deleted|discontinued|retired|no longer|refus\w+|reject\w*|wrong|incorrect|improper"
    r"|invalid|forbid\w*|prohibit\w*|barred|disallow\w*)\b",
    re.IGNORECASE,
)
_OR_NOT = re.compile(r"\b(?:or|if|why) not\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_CLAUSE = re.compile(r";|,?\s+\b(?:but|yet|however|although|whereas|while)\b", re.IGNORECASE)
_ASKS_NEED = re.compile(r"\b(?:needs?|needed|requires?|required|must|have to|has to|necessary|mandatory)\b", re.IGNORECASE)
_SAYS_NEED = re.compile(r"\b(?:need\w*|requir\w+|must|necessary|mandatory|ha(?:s|ve) to|unnecessary)\b", re.IGNORECASE)
_ASKS_ENOUGH = re.compile(r"\b(?:enough|suffic\w+|acceptable|good enough|do the job|suffice)\b", re.IGNORECASE)
_SAYS_ENOUGH = re.compile(
    r"\b(?:enough|suffic\w+|insufficient|(?:un)?accept\w*|will not do|is not an?|do(?:es)? not count|counts)\b", re.IGNORECASE
)
_TOGETHER = re.compile(
    r"\b(?:together|same (?:day|date|session|claim|service)|alongside|in addition|separately|bundl\w+|includ\w+|edit|inside|part of|packaged|besides|along with|with (?:it|7|g|modifier)|addition to|also|not added|add(?:ed)?|mutually|column)\b",
    re.I,
)
_EXCLUDES = re.compile(
    r"\b(?:not|never|cannot)\b[^.;]{0,40}\b(?:report|bill|charge|code|pa(?:y|id)\b|use)|\b(?:is|are) not (?:an? )?(?:[0-9GC]\d{4}|separate)|\bonce per (?:course|plan|day|week)|\bden(?:y|ies|ied)\b",
    re.IGNORECASE,
)
_ASKS_MORE = re.compile(
    r"\b(?:twice|two|three|multiple|several|more than (?:one|once)|again|second|2nd|another|additional|repeat(?:ed)?|both times|[2-9] (?:units?|times))\b",
    re.IGNORECASE,
)
_ALLOWS_ONE = re.compile(
    r"\b(?:once (?:per|for|in|during|a|each|every)|only once|(?:only )?one (?:unit |charge |time )?(?:per|for each|for every|for a|a) |limited to one|one unit|not (?:be )?(?:reported|billed|repeated) (?:more than once|again|twice))\b",
    re.IGNORECASE,
)
_ASKS_OF_ONE = re.compile(
    r"\b(?i:can|may|could|should|must|is|are|let)\s+(?:\w+\s+){0,3}?(?:NPs?|PAs?|(?i:nurses?|nurse practitioners?|physician assistants?|residents?|fellows?"
    r"|dosimetrists?|therapists?|physicists?))\b(?!['’])",
)
_TELLS_WHO = re.compile(
    r"\b(?:only|must|personal\w*|supervis\w+|qualified|practitioners?|non-?physicians?|staff|personnel|who|whoever|anyone|other than|incident"
    r"|nurses?|assistants?|residents?|dosimetrists?|therapists?|physicists?|NPs?|PAs?)\b",
    re.IGNORECASE,
)
_BYGONE = re.compile(
    r"\b(?:briefly|short-lived|formerly|used to|at one time|for a (?:time|while)|retroactively|proposed|proposes|proposal)\b", re.IGNORECASE
)
"""What was once so, or only proposed, rules on nothing."""
_REFUSES_BESIDE = re.compile(
    r"\b(?:not|never|cannot)\b[^.;]{0,60}?\b(?:(?:together |along |alongside )?with|added to|in addition to|on top of)\b", re.IGNORECASE
)
_REFUSES_FOR = re.compile(r"\bnot (?:used |meant |intended )?for (?P<what>[^.,;:]+)", re.IGNORECASE)
_OF_ANOTHER = re.compile(
    r"\b(?:includ\w+ in|built into|part of|(?:bundled|packaged|folded) (?:in|into|with)|covered by|add-on to|(?:moved|changed|switched|went|mapped|crosswalk\w*|replaced|succeeded) (?:over )?(?:to|by|with))\b",
    re.IGNORECASE,
)
"""What stands before it ends or is no item of its own; what comes after it is."""
_PART_FIRST = re.compile(r"^\W*(?:the |its |their )?(?:technical|professional)\b", re.IGNORECASE)
_ASKS_PART = re.compile(r"\b(?:technical|professional|physician\w*|facility|hospital|TC|26|split|components?)\b", re.IGNORECASE)
_ENDED = re.compile(r"\b(?:deleted|discontinued|retired|no longer (?:valid|active|in use|reported|billable))\b", re.IGNORECASE)
_ASKS_BESIDE = re.compile(
    r"\b(?:with|together|along|alongside|same (?:day|date|session|claim)|both|plus|and|also|add(?:ed|ing)?|addition|separate\w*|apart|bundl\w*|includ\w*|on top|edit)\b|[+&]",
    re.IGNORECASE,
)
_WIDENS = re.compile(r"\bnot (?:only|just)\b", re.IGNORECASE)
_ASKS_ONLY = re.compile(r"\b(?:only|just|solely|exclusively)\b", re.IGNORECASE)
_MET = 0.5


class Ruling(StrEnum):
    """What one sentence rules."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    CONDITIONAL = "conditional"
    SILENT = "silent"


def ruling_of(sentence: str, question: str) -> Ruling:
    """Give what `sentence` rules on `question`.

    Clauses joined by "but", "yet" and the like rule apart; where the question asks for a need or for what is
    enough, only clauses that speak of that count. A hedge counts for nothing when the question states it. What was so
    for a time, or was only proposed, is silent. "Not only" refuses a question on whether it is only so.
    """
    if _BYGONE.search(sentence):
        return Ruling.SILENT
    if _WIDENS.search(sentence) and _ASKS_ONLY.search(question):
        return Ruling.REFUSED
    clauses = _CLAUSE.split(sentence)
    if _ASKS_ENOUGH.search(question):
        fitting = [clause for clause in clauses if _SAYS_ENOUGH.search(clause)]
    elif _ASKS_NEED.search(question):
        fitting = [clause for clause in clauses if _SAYS_NEED.search(clause)] or clauses
    else:
        fitting = clauses
    rulings = {_rule(clause, question) for clause in fitting} - {Ruling.SILENT}
    if not rulings:
        return Ruling.SILENT
    return rulings.pop() if len(rulings) == 1 else Ruling.CONDITIONAL


def _rule(clause: str, question: str) -> Ruling:
    refused, allowed = bool(_REFUSES.search(clause)), bool(_ALLOWS.search(clause))
    if not refused and not allowed:
        return Ruling.SILENT
    if _HEDGES.search(clause) and not meets_condition(clause, question):
        return Ruling.CONDITIONAL
    return Ruling.REFUSED if refused else Ruling.ALLOWED


def affirms_need(sentence: str, question: str) -> bool:
    """Tell whether a question asks for a need and a sentence says without a condition that there is one."""
    return bool(_ASKS_NEED.search(question) and _SAYS_NEED.search(sentence)) and ruling_of(sentence, question) is Ruling.ALLOWED


def refuses_another(sentence: str, question: str) -> bool:
    """Tell whether a sentence refuses something beside another and a question asks of nothing beside another."""
    return bool(_REFUSES_BESIDE.search(sentence)) and not _ASKS_BESIDE.search(question)


def refuses_in_part(sentence: str, question: str, codes: Collection[str]) -> bool:
    """Tell whether what a sentence refuses is not what a question on `codes` asks for: another use, a part, or what goes into the codes."""
    other_use = _REFUSES_FOR.search(sentence)
    if other_use and stems(question).isdisjoint(stems(other_use["what"])):
        return True
    if _PART_FIRST.search(sentence) and not _ASKS_PART.search(question):
        return True
    into = _OF_ANOTHER.search(sentence)
    if not into or not codes or _ASKS_BESIDE.search(question):
        return False
    return codes_written(sentence[into.end() :]).issuperset(codes) and codes_written(sentence[: into.start()]).isdisjoint(codes)


def leaves_out_code(sentence: str, codes: Collection[str]) -> bool:
    """Tell whether a sentence names one of two codes asked about beside codes that were not, and not the other."""
    named = codes_written(sentence)
    return len(codes) > 1 and not named.isdisjoint(codes) and not named.issuperset(codes) and not named.issubset(codes)


def tells_end(sentence: str) -> bool:
    """Tell whether a sentence says that a code is no longer in use."""
    return bool(_ENDED.search(sentence))


def leaves_out_person(sentence: str, question: str) -> bool:
    """Tell whether a question asks what one other than the physician may do and a sentence does not say who may."""
    return bool(_ASKS_OF_ONE.search(question)) and not _TELLS_WHO.search(sentence)


def outnumbers(question: str, sentence: str) -> bool:
    """Tell whether a question asks for more than once of what a sentence allows once."""
    return bool(_ASKS_MORE.search(question)) and bool(_ALLOWS_ONE.search(sentence)) and not _ASKS_MORE.search(sentence)


def speaks_of_both(sentence: str) -> bool:
    """Tell whether a sentence rules on codes beside each other: together, on the same day, one inside the other."""
    return bool(_TOGETHER.search(sentence))


def meets_condition(sentence: str, question: str) -> bool:
    """Tell whether the question states most of what the sentence makes its condition."""
    asked = stems(question)
    clauses = [stems(match[1]) for match in _CONDITION.finditer(sentence)]
    wanted = frozenset().union(*clauses) if clauses else frozenset()
    return bool(wanted) and len(wanted & asked) >= _MET * len(wanted)


def refuses(sentence: str) -> bool:
    """Tell whether a sentence forbids or negates something."""
    return bool(_REFUSES.search(sentence))


def excludes(sentence: str) -> bool:
    """Tell whether a sentence says when a code is not to be reported."""
    return bool(_EXCLUDES.search(sentence))


def makes_exception(sentence: str) -> bool:
    """Tell whether a sentence sets a case apart from the rule."""
    return bool(_EXCEPTS.search(sentence))


def asks_for_records(sentence: str) -> bool:
    """Tell whether a sentence says what must be written, signed or kept."""
    return bool(_DOCUMENTS.search(sentence))


def sets_condition(sentence: str) -> bool:
    """Tell whether a sentence hedges or demands something."""
    return bool(_HEDGES.search(sentence)) or bool(
        re.search(r"\b(?:must|requires?|required|has to|have to|needs? to)\b", sentence, re.IGNORECASE)
    )


def is_negated(question: str) -> bool:
    """Tell whether what a question asks at its end is a refusal ("Is 77300 bundled …?"), so that a refusing source means yes."""
    sentences = _SENTENCE_END.split(question.strip())
    asked = next((s for s in reversed(sentences) if s.endswith("?")), sentences[-1])
    return bool(_NEGATED_QUESTION.search(_OR_NOT.sub("", asked)))
