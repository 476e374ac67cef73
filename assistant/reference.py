"""What a question leaves unsaid, so that it needs the one before it: a subject, a person, one of several codes, what "it" means."""

import re
from collections.abc import Mapping, Sequence

from assistant.terms import stems
from corpus.registry import CodeEntry

_OPENING = r"^\W*(?:(?:and|so|but|then|ok|well|because|cause)\b[ ,]*)*"
_PERSON = re.compile(r"\b(?:he|she|him|his|her|hers)\b", re.IGNORECASE)
_PEOPLE = re.compile(
    r"\b(?:physicians?|doctors?|dr|md|radonc|oncologists?|physicists?|dosimetrists?|therapists?|nurses?|np|pa|surgeons?|urologists?|provider|residents?|supervisors?|coders?|billers?|patients?|pts?|wom[ae]n|m[ae]n|someone|person)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    _OPENING
    + r"how (?:many|much|long|often|soon|late|far|early)\b(?: (?:more|other|units?|times|days?|weeks?|months?|hours?|charges?|sessions?))*"
    r"(?: (?:apart|max(?:imum)?|total|allowed|ok))*(?:\W*$| (?:if|when|unless)\b| (?:after|before|around|between|from|per|in|on)\b(?!.*\b(?:is|are|was|were|can|may|do|does|did|should|must|will)\b))",
    re.IGNORECASE,
)
"""A number asked for without what is counted, "how many units if …", "how many days around the plan?"."""
_WHICH_ONE = re.compile(_OPENING + r"which ones?\b(?! of (?:the|these|those|our) \w)", re.IGNORECASE)
_SUFFICES = re.compile(
    _OPENING
    + r"(?:(?:is|are|isn['’]?t|aren['’]?t|was|wasn['’]?t) .{1,60}\b(?:enough|sufficient|good enough|acceptable|ok(?:ay)?|fine|adequate)(?: of an? \w+)?"
    r"|(?:would|will|does|do|can|could|wouldn['’]?t|won['’]?t|doesn['’]?t) .{1,40}\b(?:do|suffice|work|count|matter|make (?:a|any) difference|be (?:enough|ok(?:ay)?|sufficient|fine|acceptable)))\b"
    r"(?: (?:too|also|then|instead|as well|here|for (?:it|that|this)|for))*\W*$",
    re.IGNORECASE,
)
"""A thing asked to be enough, without what for."""
_DEFINITE = re.compile(
    r"\bthe (?:requests?|reports?|notes?|prescriptions?|orders?|plans?|documents?|forms?|signatures?|doctors?|docs?|md|rad ?oncs?|physicians?|physicists?|dosimetrists?|therapists?|oncologists?"
    r"|charts?|films?|images?|scans?|visits?|dose|rest|services?|claims?|payers?|dates?|sites?|fields?|devices?|exceptions?|limits?|reasoning|reasons?|rationale|basis)\b"
    r"(?=\W*$|\W+(?:is|are|was|were|be|has|have|had|need\w*|do|does|can|must|should|may|will|said|says?|shows?|include\w*|sign\w*|then|too|also|first|again|either|itself|alone|on|by|in|at|enough|sufficient|ok)\b)",
    re.IGNORECASE,
)
_OPENED = re.compile(
    _OPENING
    + r"(?:(?:(?:since|until|till|by|for|from|at|on|in) )?(?:what|who|whom|whose|which|when|where|why|how(?: (?:many|much|long|often|soon|late))?)\b)?",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(
    r"[,;:.!?()–—]|\b(?:and|or|but|so|if|when|whenever|while|because|since|before|after|until|unless|though|although|that|which|who|whether|where|as|than|to|is|are|was|were)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    _OPENING
    + r"(?:(?:is|are) there |what |do (?:you|we) have )?(?:any|some|many|an?)?\W*(?:other|others|another|more|further|additional|else)\b",
    re.IGNORECASE,
)
"""More of what was spoken of, "any other reasons?"."""
_STRICTER = re.compile(
    _OPENING
    + r"(?:(?:is|are|was|were) )?(?:it |they |there )?(?:any|even|much|less|more) (?:\w{3,}er|strict|lenient|different|generous)\b(?: (?:there|then|too))?\W*$",
    re.IGNORECASE,
)
_PRESENT = re.compile(
    r"\b(?:be|stay|sit) (?:there|around|nearby|present|available|on-?site|on site|in the (?:room|building|suite|office))\W*$", re.IGNORECASE
)
_ENDING = re.compile(r"(?: (?:then|too|also|again|now|instead|separately|alone|anyway|either|still|as well))*\W*", re.IGNORECASE)
_MOST_BEFORE_OBJECT = 5
_SERVICE = re.compile(
    r"\b(?:(?!OK\b|MD\b|PT\b)[A-Z]{2,}s?\d*|\w*therap(?:y|ies)|brachy\w*|\w*proton\w*|neutron\w*|electrons?|applicators?|insertions?|hyperthermia|simulations?|sims?|isodose|dosimetry|consult\w*|radiosurgery|stereotactic|implants?|radio\w+"
    r"|imag(?:e|ing) guid\w+|guidance|gating|blocks?|molds?|masks?|cylinders?|spacers?|tattoos?|mlc|imrt|vmat|igrt|sbrt|srs|srt|hdr|ldr|iort|apbi|port films?|portal|management|delivery|treatment (?:plan\w*|device\w*|deliver\w*|manage\w*)"
    r"|audits?|appeals?|overpayments?|fraud|ncci|bundl\w*|edits?|mue|lcds?|ncds?|modifiers?|mods?|icd\S*|cpts?|hcpcs|beneficiary|supervision|incident|opps|mpfs|diagnos\w+|e/m)\b"
)
"""Words for a service or a field of rules of its own; abbreviations by their capitals."""
_ORDINAL = r"\bthe (?P<which>first|1st|former|second|2nd|latter|other)\b(?: (?:one|code)\b(?! of)| of (?:them|those|these|the two)\b(?: codes)?|(?=\W*$|[,;?]| w/| (?:is|was|be|has|have|do|does|need|needs|include|includes|cover|covers|mean|means|stand|require|alone|by itself|on its own|still|ever|also|too|really|actually|with|for|at|by|under|when|if|then)\b))"
ONE_OF_SEVERAL = re.compile(_ORDINAL, re.IGNORECASE)
"""Words for one of several codes, "the first one", "the latter"."""
_PLACE = {"first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "latter": -1}
_MOST_WORDS = 11
_MOST_IN_A_THING, _MOST_BESIDE = 3, 2
_FRAGMENT_WORDS, _SHORT = 2, 7
_NAMES = re.compile(r"\d|\b(?!OK\b|MD\b|NP\b|PA\b)[A-Z]{2,}|\b(?i:mods?|modifiers?|status|ncci)\b")
_ASKS_CODE = re.compile(r"\b(?:which|what|list|all)\b(?: of)?(?: the)?(?: \w+)? codes?\b", re.IGNORECASE)
_PAID_FOR = re.compile(
    r"\b(?:pay|pays|paid|cover|covers|bill|report|code|charge|reimburse)s?\b (?:for )?(?:an?|the|my|our)\b", re.IGNORECASE
)
_TAGGED = re.compile(
    r", (?:true|right|correct|yes|no)\W*$|,? (?:is|are|was|would|will|does) (?:that|this|it) (?:be )?(?:ok(?:ay)?|right|allowed|fine|enough|acceptable|correct|work|count|a problem)\W*$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\W*(?:(?:and|or|vs\.?|versus)\s+)?\d{1,2}\W*", re.IGNORECASE)
_VERBAL = re.compile(
    r"\b(?:modif\w*|mods?|criteria|records|is|are|was|were|be|do|does|did|can|could|may|must|should|will|would|has|have|had|how|what|who|when|where|which|why|define|codes?|vs|versus|mean\w*)\b|\d",
    re.IGNORECASE,
)
_CONNECTED = re.compile(
    r"(?P<mark>[?.;!]|,)?\s*(?P<joined>\b(?:(?:and|also|plus|but)\b[ ,]*)+)?(?=\b(?:is|are|was|were|does|do|did|can|could|may|must|should|would|will|who|what|which|how|when|where|why)\b)",
    re.IGNORECASE,
)


def find_topics(registry: Mapping[str, CodeEntry], glossary: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Give the stems of the words by which the code registry and the glossary speak of services, machines and rules."""
    labels = [f"{entry.label} {entry.family}" for entry in registry.values()]
    return stems(" ".join([*labels, *(f"{term} {' '.join(words)}" for term, words in glossary.items())]))


def names_nothing(text: str, own_words: int) -> bool:
    """Tell whether a short question, which names no code and no topic, names nothing else by which it could stand alone.

    At most one of its words, `own_words`, may be unknown, unless it tells something and asks whether "that" is right. Numbers, but in what
    is told so, and abbreviations in capitals count as names, and so do a code that is asked for ("which codes …") and what is paid for.
    """
    told = bool(_TAGGED.search(text))
    if _NAMES.search(re.sub(r"\b\d{1,2}\b", "", text) if told else text) or asks_for_code(text) or (own_words and _PAID_FOR.search(text)):
        return False
    return (len(text.split()) <= _SHORT and own_words <= 1) or (len(text.split()) <= _MOST_WORDS and told)


def asks_for_code(text: str) -> bool:
    """Tell whether a question wants a code named, "which codes have no professional component?"."""
    return bool(_ASKS_CODE.search(text))


def lacks_antecedent(text: str, own_words: int) -> bool:
    """Tell whether a question leaves unsaid what it is about: who "he" is, what is counted or what must be enough, which report is "the report".

    `text` names no code; `own_words` of its words name a thing of their own. One that names a service leaves nothing unsaid but a
    person or what is counted.
    """
    if _QUANTITY.match(text) or _WHICH_ONE.match(text):
        return True
    if len(text.split()) > _MOST_WORDS:
        return False
    person = _PERSON.search(text)
    if person and not _PEOPLE.search(text[: person.start()]):
        return True
    if _SERVICE.search(text):
        return False
    if (_OTHER.match(text) or _STRICTER.match(text) or _PRESENT.search(text)) and own_words <= _MOST_BESIDE:
        return True
    return bool((_SUFFICES.match(text) and own_words <= _MOST_IN_A_THING) or (_DEFINITE.search(text) and own_words <= _MOST_BESIDE))


def is_object(pointer: str, before: str, following: str) -> bool:
    """Tell whether "it" or a final "that" is the object of the first clause, which then cannot name what it means ("who reads it?").

    A verb's subject and its object are never the same thing, but for "itself". `before` and `following` are the words on both sides.
    """
    own = _OPENED.sub("", before)
    ends = bool(_ENDING.fullmatch(following))
    if pointer.lower() not in ({"it", "them", "that", "this", "those", "these"} if ends else {"it", "them"}):
        return False
    return len(own.split()) <= _MOST_BEFORE_OBJECT and not _BOUNDARY.search(own)


def is_remark(text: str) -> bool:
    """Tell whether words only add to the question before: one or two without a verb, "remotely?"."""
    if _NUMBER.fullmatch(text):
        return True
    own = text.endswith("?") or not _SERVICE.search(text)
    return own and 0 < len(text.split()) <= _FRAGMENT_WORDS and not _VERBAL.search(text)


def pointed_at(text: str, codes: Sequence[str], former: Sequence[str]) -> tuple[str, str] | None:
    """Give the words that point at one of several codes, with that code; None where none do or it cannot be told which.

    `codes` are those of the last question in order, `former` those of the one before it: where the last was about one of two, "the
    other" is the one that it left out.
    """
    found = ONE_OF_SEVERAL.search(text)
    if not found:
        return None
    which = found["which"].lower()
    if which == "other":
        left = [code for code in former if code not in codes]
        return (found[0], left[0]) if len(codes) == 1 and len(left) == 1 else None
    return (found[0], codes[_PLACE[which]]) if len(codes) > 1 else None


def partings(text: str) -> list[tuple[str, str, bool]]:
    """Give the ways to part a message into what comes before a second question and that question; True where it is one more question.

    It is not where no more than a comma or full stop stands between them: "and 77435, who must be there?" asks one thing.
    """
    found = [m for m in _CONNECTED.finditer(text) if (m["mark"] or m["joined"]) and text[: m.start()].strip()]
    return [(text[: m.start()].strip(), text[m.end() :].strip(), m["mark"] == "?" or bool(m["joined"])) for m in found]
