"""Read a question: its codes, modifiers, and what it wants to know."""

import re
from dataclasses import replace
from datetime import date

from assistant.answer import Intent, Question
from assistant.lookalikes import find_doubtful, find_miswritten
from assistant.places import find_setting
from assistant.written import find_loose_codes, find_loose_modifiers, find_range_ends
from corpus.errors import AnswerError
from ingest.canonical import canonical
from ingest.codes import expand_range, find_codes, find_modifiers, find_ranges, index_key

MAX_CHARS = 4_000
_MAX_RANGE = 20

_NAMED = r"(?:\d{5}|[A-V]\d{4}|E/?M\b|visit|consult\w*|plan|code)"
_TOGETHER = (
    r"\b(?:un)?bundl\w*|\bNCCI\b|\bPTP\b|\bCCI\b|\bcolumn (?:1|2|one|two)\b|\balong with\b|\bon top of\b|\bin addition to\b|\btogether\b"
    rf"|{_NAMED}.{{0,25}}\b(?:with|and|&|plus|next to|beside|when)\b.{{0,25}}{_NAMED}.{{0,30}}\b(?:same|one) (?:day|date|session|claim|visit|week|DOS)\b"
    r"|\b(?:included in|part of) (?:the )?(?:\w+ ){0,3}(?:codes?\b|package|\d{5}|[A-V]\d{4})|\bseparate(?:ly)?\b.{0,20}\b(?:with|from)\b"
    rf"|\b(?:bill|report|charge|code|use|paid?)\w* {_NAMED} (?:with|and|plus) {_NAMED}"
)
_WHICH_CODE = (
    r"\b(?:what|which|right|correct|proper|best)\W+(?:\w+\W+){0,2}?(?:codes?|cpts?|hcpcs|level)\b|\b(?:codes?|cpt|hcpcs) (?:for|to use)\b|\b(?:code|cpt)\W*\?+$"
    r"|\bhow (?:do|would|should|can|is|are|does|to)\b.{0,40}\b(?:code|coded|bill|billed|report|reported)\b|\bwhat (?:do|should|can|would) (?:we|i|you) (?:bill|code|report|use|charge)\b"
    r"|\b(?:\d{5}|[A-V]\d{4}) or (?:\d{5}|[A-V]\d{4})\b"
)
_INTENTS = (
    (Intent.RATE, r"\b(?:(?<!office )(?<!facility )rates?|(?<!pro )(?<!professional )(?<!technical )(?<!facility )(?<!global )fees?(?! schedule\b)|w?rvus?|how much|dollars?|amount(?! of\b)|(?:payment|reimbursement) (?:rate|amount|for)|conversion factor|price|cost)\b"),
    (Intent.FREQUENCY, r"\bhow (?:often|many|frequently)\b|\b(?:per (?:week|course|day|fraction|plan)|once|twice|times|weekly limit|frequency|units?|max(?:imum)?)\b"),
    (Intent.REPLACEMENT, r"\b(?:replac\w+|deleted|instead of|new code|successor|crosswalk\w*|used to be|what happened to|still (?:valid|active|exist\w*))\b"),
    (Intent.MODIFIER, r"\bmod(?:if\w*)?s?\b|\btc\b|-26\b|\b(?:take|need|carry|append|add|get)s? (?:an? |the )?-?(?:25|26|59|76|77)\b"),
    (Intent.WHO, r"\bwho\b|\bwhose\b|\bwhich (?:provider|physician|staff|specialist)\b|\bsupervis\w*\b|\bpresent\b|\bon[- ]?site\b"),
    (Intent.DOCUMENTATION, r"\bdocument\w*\b|\brecords?\b|\bcharts?\b|\breport (?:need|include|have|contain)|\bsign(?:ed|ature)?\b|\brequest\b|\bcheck ?box\b|\border\b"),
    (Intent.TOGETHER, _TOGETHER),
    (Intent.WHICH_CODE, _WHICH_CODE),
    (Intent.DEFINITION, r"\bwhat (?:is|are|does|do|makes|counts)\b|\bdefin\w+\b|\bmeans?\b|\bdescri\w+\b|\bdifference\b|\bmeasur\w+\b"),
)  # fmt: skip
_RULING_START = r"(?:can|could|may|might|is|are|was|were|do|does|did|should|shall|must|will|would|has|have|am|ok|okay|allowed|any|need|permitted|billable|bundled)"
_RULING = re.compile(
    rf"^(?:(?:hi|hello|so|and|also|question|q|then|hey|btw|for|if|when|in|on|with|after|under|since|because)\b[^?]*?[,:-]\s*)?{_RULING_START}\b"
    rf"|[,.;:?!-]\s*(?:\w+ ){{0,2}}?{_RULING_START}\s+(?:i|we|you|they|it|he|she|the|a|an|our|this|that|there|both|these|those|my|your|medicare|\d)"
    r"|[,.;:?!-]\s*(?:can|could|may|should|must|will|would)\s+(?:\w+\s+){1,4}(?:be|get)\b"
    r"|\b(?:ok(?:ay)? to|allowed to|able to|possible to|need to|have to|enough|right\??$|correct\??$|or not\??$|y/n|billable\??$|payable\??$|covered\??$|required\??$|allowed\??$|ok\??$|separately\??$|together\??$)",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"(?:^|[.,;:–—-]\s+|\b(?:and|so|but|or|for|under|on|in|to|at|by|from|with) )\W*(?:what(?:['’]?s)?|which|who|whom|whose|when|where|how|why)\b(?! (?:if|not)\b)"
    r"|\b(?:how many|how often|how much|what code|which code|code for)\b|\b(?:which|what|who|how)\W*\?$"
    r"|\b(?:what|which) (?:modi\w+|level|dx|pos)\b|\b(?:cpt|hcpcs|level)\W*\?+$",
    re.IGNORECASE,
)
_CLOSED_END = re.compile(
    rf"[,;–—-]\s+(?:and |so |but )?{_RULING_START}\s+(?!(?:what|which|how|not)\b)(?![^?]*\bor\b)[^?;]+\?$", re.IGNORECASE
)
"""A closed question that follows an open one, as in "Which code is the CT, and does it go on top of the plan?"."""
_CLOSED_START = re.compile(rf"\W*{_RULING_START}\b(?! (?:not )?(?:what|which|how))", re.IGNORECASE)
_ADVICE = re.compile(
    r"\b(?:best|optimal|recommended|right|correct|safe|maximum|max) (?:total )?(?:dose|fractionation|treatment|therapy|regimen|margin|modality)\b|\bhow (?:many|much) (?:gy|gray|cgy)\b|\bwhat dose\b"
    r"|\b(?:prognosis|survival|life expectancy|cure rate|side effects?|contraindicat\w+)\b|\bshould (?:the|my|our|this|a) patient\b"
    r"|\b(?:sue|sued|suing|lawsuit|attorney|lawyer|go to jail|whistle-?blow\w*|wrongful|salary|resign|get fired|fire (?:him|her|my|our|the))\b",
    re.IGNORECASE,
)
_APART = re.compile(r"\b(?:differences?|differs?|different|distinguish\w*|vs\.?|versus|compared?|compare)\b", re.IGNORECASE)
_MOST_APART = 3
_PARTS = re.compile(r"(?<=[?])\s+|(?<=[.!])\s+(?=[A-Z])")


_ONE_OF_TWO = r"(?:\d{5}|[A-Z]\d{4}|\d{2}|[A-Z]{2}|[A-Z][A-Z]?\d)"
_EITHER = re.compile(rf"\b{_ONE_OF_TWO},? or (?:modifier |code |CPT |-)?{_ONE_OF_TWO}\W*$")
"""Two codes or modifiers to choose from: neither yes nor no would be an answer."""
_CHOOSES = re.compile(r"\W*(?:is (?:it|this|that)|do (?:I|we|you)|should (?:I|we))\b", re.IGNORECASE)


def read_question(text: str, as_of: date, payer: str | None = None) -> Question:
    """Give the question as read.

    Raises:
        AnswerError: it is empty or longer than 4,000 characters.
    """
    words = " ".join(canonical(text).split())
    if not words:
        raise AnswerError("the question is empty; type what you want to know, for example: Can 77370 be billed after treatment ends?")
    if len(words) > MAX_CHARS:
        raise AnswerError(f"the question has {len(words):,} characters, at most {MAX_CHARS:,} are read; ask about one case at a time")
    return Question(
        text=words,
        as_of=as_of,
        payer=payer.strip() if payer and payer.strip() else None,
        codes=_codes(words),
        modifiers=_modifiers(words),
        intent=read_intent(words),
        asks_ruling=asks_ruling(words),
        setting=find_setting(words),
    )


def read_intent(text: str) -> Intent:
    """Give what the question wants to know, by the first cue that it holds."""
    for intent, pattern in _INTENTS:
        if re.search(pattern, text, re.IGNORECASE):
            return intent
    return Intent.RULING if asks_ruling(text) else Intent.OTHER


def asks_ruling(text: str) -> bool:
    """Tell whether yes, no or conditional would be an answer.

    It is asked by an opening such as "can" or "is", by a closing such as "billable?", and by any question
    that no "what", "which", "how" or the like opens. Of several questions in one text any may ask it.
    """
    parts = [part.strip() for part in _PARTS.split(text) if part.strip()]
    asking = [part for part in parts if part.endswith("?")] or parts[-1:]
    return any(_asks_ruling(part) for part in asking)


def _asks_ruling(part: str) -> bool:
    if _EITHER.search(part) and (_CHOOSES.match(part) or not _CLOSED_START.match(part)):
        return False
    if _CLOSED_START.match(part) or _CLOSED_END.search(part):
        return True
    return not _OPEN.search(part) and (part.endswith("?") or bool(_RULING.search(part)))


def is_asked(text: str) -> bool:
    """Tell whether words ask something: they end in a question mark or open as a question does."""
    return text.endswith("?") or bool(_CLOSED_START.match(text) or _OPEN.match(text))


def told_apart(question: Question) -> tuple[Question, ...]:
    """Give what is asked of each code where a question wants two or three told apart ("77306 vs 77307"), else nothing."""
    compared = not question.asks_ruling and 1 < len(question.codes) <= _MOST_APART and _APART.search(question.text)
    if not compared:
        return ()
    return tuple(
        replace(question, text=f"What is {code}?", codes=(code,), modifiers=(), intent=Intent.DEFINITION) for code in question.codes
    )


def asks_for_advice(text: str) -> bool:
    """Tell whether a question wants clinical, legal or employment advice, which no billing source can give."""
    return bool(_ADVICE.search(text))


def _codes(text: str) -> tuple[str, ...]:
    listed = [index_key(mention.code) for mention in find_codes(text)]
    for first, last in find_ranges(text):
        between = expand_range(index_key(first), index_key(last))
        listed += between if len(between) <= _MAX_RANGE else ()
    return tuple(dict.fromkeys((*listed, *find_miswritten(text), *find_doubtful(text), *find_loose_codes(text))))


def _modifiers(text: str) -> tuple[str, ...]:
    ends = find_range_ends(text)
    return tuple(dict.fromkeys(m for m in (*find_modifiers(text), *find_loose_modifiers(text)) if m not in ends))
