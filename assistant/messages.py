"""Part a message into the questions that are answered one by one."""

import re
from collections.abc import Sequence

from assistant.languages import Language, find_language
from assistant.question import MAX_CHARS, is_asked
from corpus.errors import AnswerError
from ingest.codes import find_codes

MOST_QUESTIONS = 6
_ITEM = re.compile(r"(?m)^[ \t]*(?:\(?\d{1,2}[.)]|[-*•–]|\(?[a-h]\))[ \t]+|(?<=[\s:;])\(?[1-9][.)][ \t]+(?=[A-Za-z\d])|^\(?1[.)][ \t]+")
_SENTENCE = re.compile(r".+?(?:\?+[\"')\]]*(?=\s|$)|(?:(?<=\w{3})|(?<=[])%]))[.!](?=\s+[A-Z\d])|$)", re.DOTALL)
_LEANS = re.compile(
    r"^\W*(?:(?:and|so|or|but|also|ok|then)\b,?\s+)*(?:if|then|why|how come|what about|how about|what if|which one|same|else|in that case|either way|what else|anything)\b"
    r"|\b(?:it|its|they|them|their|that|those|both|either|neither|such|former|latter|he|she|his|her|instead|else|too|also|again|otherwise|then|another)\b"
    r"|\bthis\b(?! (?:year|month))|(?<!\bis )(?<!\bare )\bthere\b|\b(?:which|the|that|each|every|other) ones?\b"
    r"|\bsame\b(?! (?:day|date|claim|session|DOS|week|course|time|patient|physician|visit))",
    re.IGNORECASE,
)
_THANKS = re.compile(r"^\W*(?:thanks|thank you|thx|tia|ty|please advise|appreciate)\b", re.IGNORECASE)
_JOINING = re.compile(r"^\W*(?:(?:and|also|plus|so|next|lastly|finally|second(?:ly)?)\b,?\s+)+", re.IGNORECASE)
_FEWEST_WORDS = 4


def split_questions(text: str) -> tuple[str, ...]:
    """Give the questions of a message, each with the story that it shares with the others; one question comes back whole.

    Items of a numbered or bulleted list are parted where each asks something. Questions in running text are parted only
    where the later one stands on its own: it names its own code (or no question before it names one), says "it" or "that"
    of nothing before, and is more than a few words.

    Raises:
        AnswerError: there are more than six.
    """
    if len(text) > MAX_CHARS or find_language(text) is not Language.EN:
        return (text,)
    parts = _listed(text) or _running(text)
    if len(parts) > MOST_QUESTIONS:
        raise AnswerError(f"this message asks {len(parts)} questions, at most {MOST_QUESTIONS} are answered at a time; send it in parts")
    return parts if len(parts) > 1 else (text,)


def _listed(text: str) -> tuple[str, ...]:
    marks = list(_ITEM.finditer(text))
    ends = [*(m.start() for m in marks[1:]), len(text)]
    items = [" ".join(text[m.end() : end].split()) for m, end in zip(marks, ends, strict=False)]
    lead = " ".join(text[: marks[0].start()].split()) if marks else ""
    if len(items) < 2 or "?" in lead or not all(is_asked(item) and len(item.split()) >= _FEWEST_WORDS for item in items):
        return ()
    return tuple(f"{lead} {item}".strip() for item in items)


def _running(text: str) -> tuple[str, ...]:
    sentences = [" ".join(m.group().split()) for m in _SENTENCE.finditer(text) if m.group().strip()]
    asked = [n for n, sentence in enumerate(sentences) if _asks(sentence)]
    if len(asked) < 2:
        return ()
    groups, between = [[sentences[asked[0]]]], list[str]()
    for sentence in sentences[asked[0] + 1 : asked[-1] + 1]:
        between.append(sentence)
        if _asks(sentence):
            groups = [*groups[:-1], groups[-1] + between] if _leans(sentence, groups) else [*groups, between]
            between = []
    before, after = sentences[: asked[0]], [s for s in sentences[asked[-1] + 1 :] if not _THANKS.match(s)]
    return tuple(" ".join([*before, _begun(group[0]), *group[1:], *after]) for group in groups)


def _begun(sentence: str) -> str:
    """Give a sentence without the "and" that joined it to another question."""
    rest = _JOINING.sub("", sentence)
    return rest[:1].upper() + rest[1:]


def _leans(question: str, groups: Sequence[Sequence[str]]) -> bool:
    """Tell whether a question needs the one before it to be understood."""
    told = " ".join(sentence for group in groups for sentence in group)
    lacks_code = bool(find_codes(told)) and not find_codes(question)
    return lacks_code or bool(_LEANS.search(question)) or len(question.split()) < _FEWEST_WORDS or len(groups[-1][-1].split()) < 3


def _asks(sentence: str) -> bool:
    return sentence.rstrip("\"')]").endswith("?")
