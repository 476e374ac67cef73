"""Tell from its words how a question leans on the one before: not at all, with a part exchanged, or on the same subject."""

import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from assistant.answer import Intent, Question
from assistant.bounds import bare_amount
from assistant.dates import ServiceDate, find_date_of_service
from assistant.exchange import BESIDE
from assistant.payers import NamedPayer
from assistant.places import find_places
from assistant.reference import ONE_OF_SEVERAL, asks_for_code, is_object, is_remark, lacks_antecedent, names_nothing
from assistant.terms import content_terms, stem
from ingest.codes import find_codes, index_key


class Cue(StrEnum):
    """How a question leans on the one before."""

    NEW = "new"
    """A subject of its own."""
    THANKS = "thanks"
    """No question at all."""
    AGAIN = "again"
    """The same question, with what this one names in exchange: "what about 77336?", "why?"."""
    ADDED = "added"
    """The same question with a further code: "and with 77300?"."""
    ASIDE = "aside"
    """The same question under a further condition: "what if the patient stops early?"."""
    ASPECT = "aspect"
    """Another question about the same codes: "who signs it?"."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the words of one question say by themselves; `text` is without courtesies, `rest` without codes, payer, date and place."""

    text: str
    rest: str
    question: Question
    codes: tuple[str, ...]
    modifiers: tuple[str, ...]
    day: ServiceDate | None
    payer: NamedPayer | None
    anyone: str
    """Words for payers without a name, such as "commercial payers"; empty where there are none."""
    places: tuple[str, ...]
    names_topic: bool
    """True where a word names a service or a field of rules."""

    @property
    def names_something(self) -> bool:
        """True when there is something to exchange."""
        return bool(self.codes or self.modifiers or self.day or self.payer or self.anyone or self.places)


_COURTESY = re.compile(
    r"^(?:(?:many )?thanks|thank (?:you|u)|thx|ty|ok(?:ay)?|great|perfect|got it|cool|alright|right|hi|hello|hmm+|good|awesome|understood|makes sense"
    r"|(?:that(?:'s| is) )?(?:very |so )?helpful|that helps|appreciate it|cheers|now(?=[ ,]+[A-Z]?\d{4}))\b(?: (?:so|very) much| a lot| again)?(?:\s*[,.!;:–-]+\s*|\s+|$)",
    re.IGNORECASE,
)
_GROUPS = re.compile(
    r"\b(?:(?:commercial|private|other|all|any|different|non-?medicare|most)\s+(?:payers?|payors?|insur\w+|plans?|carriers?)|commercials?|bcbs|blue ?cross|the blues|private insurance)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\w.$/-])(?:20[0-4]\d)(?![\w%/-]|[.,]\d)")
_RELATIVE = re.compile(r"\b(?:last|next|this)\s+(?:calendar\s+)?year\b", re.IGNORECASE)
_NOW = re.compile(r"\b(?:right now|now|today|currently|nowadays|these days|since(?: then)?(?=[ ?.!]*$))\b", re.IGNORECASE)
_LOOSE_MODIFIER = re.compile(r"(?<![\w.$/-])-?(22|25|26|50|51|52|53|58|59|7[6-9]|91|TC|X[ESPU])(?![\w%./-])", re.IGNORECASE)
_AGAIN = re.compile(
    r"^(?:(?:and|but|so|well|wait|um+)\b[ ,]*)*(?:why(?: not| is that| so| though)?|how come|how so|(?:are )?(?:you|u) (?:really )?sure(?: about (?:that|this|it))?|really|for real|sure|(?:says|said) who"
    r"|(?:according to|based on) (?:whom?|what)|where (?:does it say|do you see|did you (?:get|find)|is|does) (?:that|this|it)(?: (?:from|stated|written|say|come from|said))?"
    r"|(?:can (?:you|i) |could you |please )?(?:show|give|quote|cite|see|read|open)(?: me)?(?: (?:the|your|that|a|where))? (?:sources?|references?|citations?|quotes?|passages?|rules?|polic(?:y|ies)|wording|paragraph|guidelines?|text|it says (?:that|so))(?: (?:please|for (?:that|this|it)))?"
    r"|what(?:['’]?s| is| are) (?:the|your) (?:sources?|references?|citations?)(?: for (?:that|this|it))?|(?:any )?(?:source|sources|reference|citation|proof|evidence)|(?:please |can you )?(?:explain|elaborate|clarify)(?: (?:that|it|this|please|more))*"
    r"|what (?:do you|does (?:that|this|it)) mean(?: by (?:that|this))?|(?:is|was) (?:that|this|it) (?:really |still |also )?(?:right|true|correct|so|the (?:same|case)|official|different|allowed|ok(?:ay)?|valid)|(?:say|tell me) (?:that|it) again|repeat(?: (?:that|it|the question))?"
    r"|(?:does|would|did|do|is) (?:that|this|it|the same)(?: \w+)? (?:apply|hold|go|true|work|count|change|differ|different)|(?:more|further) (?:details?|info\w*)|tell me more|go on|did (?:that|this|it) change|(?:is )?(?:that|it)(?: is|['’]?s)? an? (?:yes|no))(?: (?:for|in|to|with|at|by|too|also|as well|there|then|either|please|on|under))*[ ?.!]*$",
    re.IGNORECASE,
)
_FILLERS = frozenset(
    """
    course week fraction session visit let's lets let show me where tell replace swap switch exchange by edit edits policy policies thing way answer hm think guess maybe believe wanted typed wrote intended should said
    a about actually again alongside also an and any apply applies ask asking beside besides are as at be billed but by case center centre claim claims clinic code codes correction cpt
    date department dept ditto do does done dos for from go good hcpcs hold holds how i if in instead into is it its it's just i'm like looking m make mean meant mod modifier
    modifiers modifer modifers modifyer modfier my no nope not now of ok on one ones only oops or our part patient patients payer performed plan please plus pt question rather right
    rule rules same say says saying service services set setting side so sorry still suppose supposed that the their then this though to together too true typo
    under versus vs wait was we well were what what's whats with would wrong year yes you your along addition top day even back forget ignore only just dates changes update updates has have hasn't had since follow follows agree agrees btw fyi tho sry srry regular traditional straight plain abt bout wat wht waht abotu n nd pls plz furnished site it'd different change changed outpatient inpatient office physician's hospital based
    """.split()
)
_ADDING = re.compile(rf"\b(?:{BESIDE}|together)\s*$", re.IGNORECASE)
_OWN_START = re.compile(
    r"^(?:(?:and|so|but|also)\b[ ,]*)*(?:what(?:['’]?s| is| are| does| do| was)(?! about)|define|describe|is|are|was|does|do|did|can|may|could|should|will)\b",
    re.IGNORECASE,
)
_LIKENED = re.compile(r"\b(?:same|too|also|as well|either|apply|applies|true|hold|holds)\b", re.IGNORECASE)
_STRONG = re.compile(
    r"^(?:(?:and|but|so|or|also|no|sorry|wait|well)\b[ ,]*)*(?:(?:whats?|waht|wat|wht|what['’]s|how) (?:about|abt|bout|abotu|if)|if (?:so|not|yes|no|it|they|that|this)\b|i meant?\b|(?:say|suppose|assum(?:e|ing)|imagine|let['’]?s say)\b(?! (?:(?:that|it) again|the following)\b)|same (?:\w+ )?(?:for|with|in)\b|which (?:one )?of (?:them|these|those)|any exceptions?"
    r")|^(?:and|but|or|also)\b[ ,]*(?:if|for|with|without|in|on|at|under|when|after|before|during|per)\b",
    re.IGNORECASE,
)
_IN_PLACE = re.compile(
    r"^(?!.*\b(?:can|could|may|should|is|are|do|does|which|what|how|use|bill|report)\b).*\binstead\W*$|^(?:vs\.?|versus)\s", re.IGNORECASE
)
"""A thing in the place of another, "2 arcs instead", or beside it, "vs GA"."""
_ADDS = re.compile(
    r"^(?:(?:and|so|but|then)\b[ ,]*)*(?:(?:can|could|may|should|do) (?:i|we|you|they) (?:also |just |still )?)?(?:add|throw in|tack on|include|plus)\b"
    r"(?: (?:x ?\d+|to (?:that|it|this|those|them)|as well|too|also|(?:on |in )?the same (?:day|date|claim|session|visit)|as (?:all )?(?:that|those|these|it)))*\W*$"
    r"|^(?:(?:and|plus)\b[ ,]*)?on top\b(?! of (?!it\b|that\b|this\b|those\b|them\b))",
    re.IGNORECASE,
)
"""What is left of "can I add 77334?" or "77334 on top?" without its code."""
_GOES_ON = re.compile(
    r"^(?:(?:and|ok|so|but|now|then|going|go)\b[ ,]*)*back to\b|^(?:and|but|or)\b[ ,]*(?:how|who|when|what|which)\b.{0,30}\bfor [A-Z]?\d{4,5}[A-Z]?\W*$",
    re.IGNORECASE,
)
"""Another question, on a code of its own, in the same circumstances: "and how often for 77285", "back to 77301: …"."""
_TAKES_OUT = re.compile(
    r"(?:(?:and|ok|so|now|but|then|just|please)\b[ ,]*)*(?:drop|take out|take away|remove|leave (?:out|off)|without|minus|skip|forget)(?: the)?(?: (?:then|please|for now))?\W*",
    re.IGNORECASE,
)
"""What is left of "drop 77336" without its code."""
_LIKEWISE = re.compile(
    r"^for(?: (?!can\b|could\b|do\b|does\b|is\b|are\b|may\b|should\b)[\w-]+){1,4} (?:too|as well)\W*$|^(?:and|so|but)?\W*same \w+ for\b",
    re.IGNORECASE,
)
"""The same for a code: "for 77771 as well?", "same denial for 77336"."""
_CORRECTED = re.compile(r"^(?:(?:sorry|sry|srry|no|oops|wait|um+)\b[ ,]*)*not [\w ]{2,30},", re.IGNORECASE)
_MILD = re.compile(r"(?:(?:and|but|so|or)\b[ ,]*)?(?:even|only|unless|except)\b", re.IGNORECASE)
_PREPOSITION = re.compile(r"^(?:for|with|without|in|on|at|under|after|before|during|per|by|every|each|only|when|if)\b", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|do|does|did|can|could|may|might|should|shall|must|will|would|has|have|had|bill\w*|report\w*|need\w*|use[sd]?|apply|require[sd]?)\b",
    re.IGNORECASE,
)
_POINTER = re.compile(
    rf"{ONE_OF_SEVERAL.pattern}|\b(?:it['’]s|its|it|they|them|both|either(?: one)?(?= (?:of them|need|require|have|get|take)s?\b|\W*$)|either one|neither|(?:that|this|these|those|both|the same|either) (?:codes?|ones?|services?|charges?|procedures?)"
    r"|the codes?(?! (?:for|of|to|that|when|if))|(?:(?:one|either|neither|both) )?of the two(?= codes\b| (?:should|can|do|does|is|are|may|must|would|will|goes|pays|has|takes|gets|needs|carries|wants)\b|\W*$)|each(?: code| one)?(?=(?: then| too)?\W*$)|that|this|these|those)\b",
    re.IGNORECASE,
)
_DEMONSTRATIVES = frozenset({"that", "this", "these", "those", "both"})
_CLAUSE_START = re.compile(r" (?:the|an?|we|they|he|she|you|i|my|our|it|is not)\b", re.IGNORECASE)
_JOINER = re.compile(r"\b(?:with|and|plus|in|into|of|to|than|as|beside|from|w/) $", re.IGNORECASE)
_EMPTY_IT = re.compile(
    r"\b(?:is|was|would|will|isn['’]?t) it (?:be )?(?:ok(?:ay)?|possible|allowed|true|correct|appropriate|necessary|required|acceptable|legal|right|fine|proper|permissible|compliant|ever)\b(?! (?:for|to) (?:bill|report)\w* (?:it|that|this|them)\b)"
    r"|\b(?:does|will) it (?:matter|depend|take|mean (?:to|when|that|if))\b|\b(?:is|was) it an?\b|\bit['’]?s (?:ok(?:ay)?|possible|fine|necessary)\b",
    re.IGNORECASE,
)
_LACKING = re.compile(
    r"^(?:(?:and|so|but|then)\b[ ,]*)*(?:(?:can|could|does|do|is|are|may|will|should)(?: (?:too|also))?|.*\b(?:need|require|have|take|get)s? (?:one|it|that|this|the same)(?: (?:too|also|as well|either))?)[ ?.!]*$",
    re.IGNORECASE,
)
_SAME_DAY = re.compile(r"\bsame (?:day|date|session|claim)\b(?! as\b)", re.IGNORECASE)
_COMPARING = re.compile(
    r"\b(?:instead of|rather than|vs\.?|versus|compared? (?:to|with)|differ\w*(?: \w+)? (?:to|from|than|with)|(?:more|less|higher|lower|better) than)\s*$",
    re.IGNORECASE,
)
_UNLIKE = re.compile(r"\b(?:different|differ|the difference)\b(?: (?:then|here|though))?\W*$", re.IGNORECASE)
_BESIDES = re.compile(r"\b(?:also|too|as well|either|separately|in addition|additionally|same (?:day|date|session|claim))\b", re.IGNORECASE)
_LED = re.compile(
    r"^(?:and|or|but|so|also|same|no|sorry|i mean\w*|(?:whats?|waht|wat|wht|what['’]s|how) (?:about|abt|bout|abotu|if)|with)\b",
    re.IGNORECASE,
)
_CODE_FIRST = re.compile(r"^(?:[A-Z]?\d{4,5}[A-Z]?[\s,/:–-]*)+(?:(?:what|who|when|how)\b(?! (?:about|if)\b)|is what\b)", re.IGNORECASE)
"""A code with its own question after it, "77306 what is it"."""
_BESIDE_EACH_OTHER = re.compile(r"\+|\bvs\b|\bversus\b|\bw/|\bwith\b|\bsame (?!for\b|with\b|in\b)\w", re.IGNORECASE)
_ANEW = re.compile(r"^(?:(?:a|an|on a)\s+)?(?:new|different|another|unrelated|next)\s+(?:question|topic|subject|case|patient|one)\b|^next\s*[:,]|^(?:changing|switching) (?:topics?|subjects?)\b", re.IGNORECASE)  # fmt: skip
_ONLY_IF = re.compile(
    r"^if\b(?!.*(?:,|\b(?:which|what|who|how|when|can|do|does|should|may|is (?:it|that)|are (?:they|those))\b))", re.IGNORECASE
)
_APPENDING = re.compile(r"\b(?:help|fix|work|bypass|overrid|unbundl|append|add|need|requir|us|tak|get|carr|attach)\w*\b", re.IGNORECASE)
_NO_QUESTION = re.compile(r"(?:yes|yep|yeah|no|nope|fine|never ?mind|bye|sure thing|no problem)?[ ?.!,]*", re.IGNORECASE)
_DEFINING = re.compile(
    r"^(?:(?:and|so|but|also)\b[ ,]*)*(?:what(?:['’]?s| is| are)? (?:an?\b|mod(?:ifier)?s?\b)|define\b|what does\b.*\b(?:mean|stand for)\b)",
    re.IGNORECASE,
)
_ASPECTS = frozenset(
    stem(word)
    for word in """
    often frequently frequency many times units unit limit limits maximum max weekly daily once twice per week day days course fraction fractions
    session year sign signs signed signature signing who whose patient patients see seen pa np resident residents practitioner oncologist oncologists radiation enough sufficient electronic wet stamp physician physicians physicist physicists provider providers doctor therapist dosimetrist staff
    nurse supervise supervision supervised direct general personal present presence perform performed performs do does order ordered orders request requested
    document documented documentation documents record records chart note notes report reports written report needed need needs required require requires requirement
    requirements rule rules mandatory modifier modifiers mod mods append appended attach professional technical component components global split pay pays paid payment
    payable pays reimburse reimbursed reimbursement rate rates cost costs fee fees rvu price allowed allow allows cover covered coverage covers deny denied denial appeal
    audit audited prior authorization auth preauthorization precert bundled bundle bundles unbundle ncci edit edits separately separate together exception exceptions
    exclusion exclusions restriction restrictions condition conditions replace replaced replaces replacement deleted delete valid active retired new old changed change
    changes different difference differ define definition include included includes mean means describe describes time timing when date where place billable reportable
    medical necessity medically necessary diagnosis diagnoses dx icd support example examples proof happens happen count counts counted kind type instead else anything matter matters depend depends
    reason reasons auditor auditors doc docs since ask asks asked put puts add adds attach write writes writing written verbal verbally orally handle handles handled help helps fix fixes work works bypass override overrides unbundle view views see sees decide decides
    allowable submit submitted charge charged claim claims add-on addon primary secondary apply applies use used level levels first last start end same
    """.split()
)


def read_cue(said: Said, known: bool) -> Cue:
    """Give how a question leans on the one before; `known` tells whether that one named codes."""
    if _NO_QUESTION.fullmatch(said.text):
        return Cue.THANKS
    if _ANEW.match(said.text) or (said.modifiers and not said.codes and find_pointer(said) is None and _DEFINING.match(said.text)):
        return Cue.NEW
    if _AGAIN.match(said.rest) or goes_on(said) or (said.codes and _LIKEWISE.search(said.text)):
        return Cue.AGAIN
    if known and (compares(said) or piles_up(said)):
        return Cue.ADDED
    if said.names_something and _is_filler(said.rest) and not _stands_alone(said):
        return Cue.ADDED if known and (_ADDING.search(_before_code(said)) or (said.codes and _SAME_DAY.search(said.rest))) else Cue.AGAIN
    if len(said.codes) == 1 and _LACKING.match(said.rest):
        return Cue.AGAIN
    if _STRONG.match(said.text) and not (said.codes and find_pointer(said) is None and _asks_in_full(said)):
        return Cue.ADDED if said.codes and _LIKENED.search(said.rest) else _strong(said)
    if (_MILD.match(said.text) or _IN_PLACE.match(said.text) or _ONLY_IF.match(said.text)) and not said.codes:
        return Cue.ASIDE
    if said.codes:
        return Cue.ADDED if len(said.codes) == 1 and known and _joins(said) else Cue.NEW
    if bare_amount(said.text) or (not said.names_something and is_remark(said.rest)):
        return Cue.ASIDE
    return Cue.ASPECT if _leans(said) else Cue.NEW


def compares(said: Said) -> bool:
    """Tell whether a question puts its only code against something unsaid: "what's the difference to 77370?"."""
    alone = len(said.codes) == 1 and said.question.codes == said.codes
    return alone and bool(_COMPARING.search(_before_code(said)) or _UNLIKE.search(said.rest))


def opens_as_question(said: Said) -> bool:
    """Tell whether a question has a verb or a question word of its own at its start: "is 77295 ok on the same day?"."""
    return bool(_OWN_START.match(said.text))


def is_led(said: Said) -> bool:
    """Tell whether words open as those do that exchange something: "and", "what about", "sorry"."""
    return bool(_LED.match(said.text))


def adds(said: Said) -> bool:
    """Tell whether a question of its own may mean its codes beside those of the question before."""
    return bool(_BESIDES.search(said.text))


def hear(question: Question, today: date, payer: NamedPayer | None, topics: Set[str]) -> Said:
    """Give what the words of a question say; `payer` is the one that they name, `topics` the stems of words that are topics."""
    words = _COURTESY.sub("", _COURTESY.sub("", question.text))
    group = "" if payer else find_group(words)
    places = find_places(words)
    told = _CORRECTED.sub(" ", words) if payer else words
    plain = _without(told, *places, *([payer.words] if payer else []), group)
    coded = _without_codes(plain)
    day = find_date_of_service(words, today) or _bare_date(coded, today)
    rest = _without(coded, day.words) if day else coded
    without_loose = _LOOSE_MODIFIER.sub(" ", rest)
    loose = tuple(m[1].upper() for m in _LOOSE_MODIFIER.finditer(rest)) if _is_filler(without_loose) else ()
    if loose or question.modifiers or (_only_aspects(without_loose) and _APPENDING.search(rest)):
        rest = without_loose
    modifiers = tuple(dict.fromkeys((*question.modifiers, *loose)))
    codes = tuple(code for code in question.codes if not _denied(words, code)) if len(question.codes) > 1 else question.codes
    named = any(stem(word) in topics for word in content_terms(rest) if stem(word) not in _ASPECTS and word not in _FILLERS)
    return Said(words, " ".join(rest.split()), question, codes, modifiers, day, payer, group, places, named)


def find_group(text: str) -> str:
    """Give the words for payers without a name, such as "commercial payers", empty where there are none."""
    found = _GROUPS.search(text)
    return found[0] if found else ""


def find_pointer(said: Said) -> re.Match[str] | None:
    """Give where its text first points back by "it", "that code" and the like, if it does so before it names a thing of its own."""
    text = said.text
    for named in filter(None, (said.payer.words if said.payer else said.anyone, said.day.words if said.day else "", *said.places)):
        text = text.replace(named, " " * len(named))
    empty = [m.span() for m in _EMPTY_IT.finditer(text)]
    for m in _POINTER.finditer(text):
        if any(start <= m.start() < end for start, end in empty):
            continue
        if said.payer and m[0].lower() in {"its", "they", "them"}:
            continue
        following = content_terms(" ".join(text[m.end() :].split()[:1]))
        names = _CLAUSE_START.match(text, m.end()) or (following and stem(following[0]) not in _ASPECTS)
        if m[0].lower() in _DEMONSTRATIVES and names:
            continue
        if find_codes(text[: m.start()]) and not _JOINER.search(text[: m.start()]):
            continue
        before = _LOOSE_MODIFIER.sub(" ", _without_codes(text[: m.start()]))
        if not _own_words(before) or is_object(m[0], before, text[m.end() :]):
            return m
    return None


def pairs(said: Said) -> bool:
    """Tell whether a question asks about codes of its own beside each other."""
    return len(said.codes) > 1 and (said.question.intent is Intent.TOGETHER or bool(_BESIDE_EACH_OTHER.search(said.text)))


def piles_up(said: Said) -> bool:
    """Tell whether a question puts its only code on top of all that was spoken of: "throw in 77790 as well?"."""
    return len(said.codes) == 1 and bool(_ADDS.match(said.rest))


def takes_out(said: Said) -> bool:
    """Tell whether a fragment takes its only code out of what was asked: "drop 77336", "without 77336?"."""
    return len(said.codes) == 1 and bool(_TAKES_OUT.fullmatch(said.rest))


def goes_on(said: Said) -> bool:
    """Tell whether a question has its own codes and words and takes over the circumstances only."""
    return bool(said.codes and _GOES_ON.search(said.text))


def _strong(said: Said) -> Cue:
    return Cue.ASPECT if not said.codes and _only_aspects(said.rest) and "if" not in said.text.lower().split() else Cue.ASIDE


def _leans(said: Said) -> bool:
    if find_pointer(said):
        return True
    if _DEFINING.match(said.text):
        return False
    if _PREPOSITION.match(said.rest) and len(said.rest.split()) <= 7 and not _VERB.search(said.rest):
        return True
    own_words = _own_words(said.rest)
    if not own_words and asks_for_code(said.rest):
        return False
    if not said.names_topic and names_nothing(said.rest, own_words):
        return True
    return (not own_words and len(said.rest.split()) <= 12) or lacks_antecedent(said.rest, own_words)


def _only_aspects(text: str) -> bool:
    return not _own_words(text)


def _own_words(text: str) -> int:
    """Count the words that name a thing of their own, not what is asked about it."""
    return sum(stem(word) not in _ASPECTS for word in content_terms(text))


def _joins(said: Said) -> bool:
    """Tell whether a question with one code of its own puts it beside what "it" means."""
    found = find_pointer(said)
    return bool(
        found
        and found[0].lower() not in {"they", "them"}
        and re.search(
            r"\b(?:with|and|plus|in|of|into|from|to|or|same|before|after|instead|than|become|becomes|replace|replaces|include|includes|cover|covers)\b",
            said.rest,
        )
    )


def _asks_in_full(said: Said) -> bool:
    return bool(_OWN_START.match(said.text)) or bool(_VERB.search(said.rest) and len(said.rest.split()) > 8)


def _stands_alone(said: Said) -> bool:
    """Tell whether what looks like a fragment is whole: "what is 77336?", "77336 with 77300?"."""
    if not said.codes:
        return False
    if is_led(said):
        return False
    if _CODE_FIRST.match(said.text):
        return True
    if pairs(said):
        return True
    if said.question.modifiers or said.modifiers or re.search(r"\bmod", said.rest):
        return True
    return bool(_OWN_START.match(said.text)) and not _LIKENED.search(said.rest)


def _is_filler(text: str) -> bool:
    return all(word in _FILLERS for word in re.findall(r"[a-z'’]+|\d+", text.lower().replace("’", "'")))


def _bare_date(text: str, today: date) -> ServiceDate | None:
    """Give the date that a fragment means by a year alone, "last year" or "now"."""
    for pattern in (_YEAR, _RELATIVE, _NOW):
        if (m := pattern.search(text)) and _is_filler(_without(text, m[0])):
            if pattern is _NOW:
                return ServiceDate(today, today, today, m[0])
            found = find_date_of_service(f"Billed {'in ' if pattern is _YEAR else ''}{m[0]}", today)
            return ServiceDate(found.day, found.first, found.last, m[0]) if found else None
    return None


def _denied(text: str, code: str) -> bool:
    taken_back = r"\b(?:not|instead of|rather than)(?: the)?|^(?:(?:please|let['’]?s|now|ok|no)\b[ ,]*)*(?:replace|swap|change|switch|exchange)(?: out)?"
    return bool(re.search(rf"(?:{taken_back})\s+{re.escape(code)}\b", text, re.IGNORECASE))


def _before_code(said: Said) -> str:
    """Give what stands before the first code, empty where none is written out."""
    return next((said.text[: m.start] for m in find_codes(said.text) if index_key(m.code) in said.codes), "")


def _without_codes(text: str) -> str:
    for mention in reversed(find_codes(text)):
        text = text[: mention.start] + " " + text[mention.end :]
    return " ".join(text.replace(" - ", " ").split())


def _without(text: str, *parts: str) -> str:
    for part in filter(None, parts):
        text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", " ", text, flags=re.IGNORECASE)
    return " ".join(text.split())
