"""Have a chat model translate a question into English and proved sentences out of it; what does not keep its codes and numbers is refused."""

import json
import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from pydantic import BaseModel

from assistant.chat_model import listen
from assistant.generative import read_reply
from assistant.languages import Language, apart, find_language
from corpus.errors import ModelReplyInvalid
from ingest.canonical import canonical
from ingest.codes import find_codes, find_modifiers, index_key

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_NAMES = {
    Language.ES: "Spanish",
    Language.ZH: "Chinese (simplified)",
    Language.VI: "Vietnamese",
    Language.KO: "Korean",
    Language.TL: "Tagalog",
    Language.RU: "Russian",
    Language.AR: "Arabic",
    Language.FR: "French",
    Language.DE: "German",
}
_SHORTEST, _LONGEST, _SPARE_CHARS = 0.2, 2.0, 40
_LONGEST_QUESTION = 6.0
_NOT_PLAIN = re.compile(r"https?:|www\.|[<>`|{}\x00-\x1f]|\]\(|\*\*|\[\d+\]|\b[\w-]+\.(?:com|org|net|test|gov|info|io)\b", re.IGNORECASE)
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LETTER_MODIFIER = re.compile(r"(?<![A-Za-z0-9])(?:TC|PC|LT|RT|GA|GX|GY|GZ|KX|PO|PN|CT|FX|FY|FS|X[ESPU])(?![A-Za-z0-9])")
_COUNTED = (
    ("1", r"one|once|single|first|an?|each|every|january"), ("2", r"two|twice|second|both|half|february"), ("3", r"three|third|march"),
    ("4", r"four|fourth|april"), ("5", r"five|fifth|may"), ("6", r"six|sixth|june"), ("7", r"seven|seventh|july|weekly|week"),
    ("8", r"eight|eighth|august"), ("9", r"nine|ninth|september"), ("10", r"ten|tenth|october"), ("11", r"eleven|november"), ("12", r"twelve|december"),
)  # fmt: skip
_NEGATED = re.compile(r"\b(?:not|no|never|cannot|without|neither|nor|none)\b|n['’]t\b", re.IGNORECASE)
_RESTRICTED = re.compile(
    r"\b(?:only|unless|except\w*|exclu\w+|instead|rather|den(?:y|ied|ies)|prohibit\w*|fail\w*|absen\w+|lack\w*|reject\w*|until|less|fewer|limit\w*)\b"
    r"|\b(?:non|un|in)-?(?=[a-z]{4})",
    re.IGNORECASE,
)
_NEGATIONS = {
    Language.ES: r"\b(?:no|nunca|ni|sin|ningun[oa]?|ningún|tampoco|jamás)\b",
    Language.FR: r"\b(?:ne|pas|jamais|sans|aucune?|ni|non)\b|\bn['’]",
    Language.DE: r"\b(?:nicht|kein\w*|nie|niemals|ohne|weder)\b",
    Language.VI: r"\b(?:không|chưa|chẳng|đừng)\b",
    Language.TL: r"\b(?:hindi|di|huwag|wala\w*|nang walang|bawal)\b",
    Language.RU: r"\b(?:не|нет|нельзя|без|ни|никогда|никак\w+)\b",
    Language.AR: r"(?<!\w)[وف]?(?:لا|لم|لن|ليس\w*|غير|دون|بدون|عدم)(?!\w)",
    Language.ZH: r"[不没沒無无未勿莫]",
    Language.KO: r"않|없|못|아니|아닌|안 |금지|말아",
}


class _English(BaseModel):
    english: str


class _Sentences(BaseModel):
    sentences: list[str]


class ModelTranslator:
    """Translates by a chat model, which sees the question or the sentences and nothing else."""

    def __init__(self, model: "BaseChatModel", name: str, *, timeout_s: float, payers: Collection[str]) -> None:
        """Take the names of `payers`, which a translation must keep."""
        self.name = name
        self.timeout_s = timeout_s
        self._model = model
        self._payers = frozenset(payers)

    def into_english(self, text: str, timeout_s: float) -> str:
        """Give a question in English; see `foreign.Translator`."""
        told = self._ask("translate_question", {}, text, timeout_s)
        english = " ".join(canonical(read_reply(told, _English).english).split())
        if not keeps_question(text, english, self._payers):
            raise ModelReplyInvalid("its translation of the question lost or added something")
        return english

    def out_of_english(self, sentences: Sequence[str], language: Language, timeout_s: float) -> tuple[str, ...]:
        """Give each sentence in `language`, "" where that failed; see `foreign.Translator`."""
        shown = json.dumps({"sentences": list(sentences)}, ensure_ascii=False)
        told = read_reply(self._ask("translate_sentences", {"language": _NAMES[language]}, shown, timeout_s), _Sentences).sentences
        if len(told) != len(sentences):
            raise ModelReplyInvalid("its translation has not as many sentences as the answer")
        given = [" ".join(canonical(text).split()) for text in told]
        return tuple(text if keeps_sentence(one, text, language, self._payers) else "" for one, text in zip(sentences, given, strict=True))

    def _ask(self, prompt: str, names: dict[str, str], shown: str, timeout_s: float) -> str:
        system = files("assistant").joinpath(f"prompts/{prompt}.md").read_text(encoding="utf-8").format(**names)
        fence = secrets.token_hex(8)
        messages = [("system", system), ("human", f"<text-{fence}>\n{shown}\n</text-{fence}>")]
        return "".join(listen(self._model, self.name, messages, timeout_s))


def keeps_question(text: str, english: str, payers: Collection[str] = ()) -> bool:
    """Tell whether an English question has the codes, numbers and payer names of the original, no others, and no markup."""
    return (
        find_language(english) is Language.EN
        and english.isprintable()
        and sum(letter.isascii() and letter.isalpha() for letter in english) >= len(english) / 3
        and len(english) <= _LONGEST_QUESTION * len(text) + _SPARE_CHARS
        and not _NOT_PLAIN.search(english)
        and _marks(text, payers) == _marks(english, payers)
        and _numbers_agree(english, text)
    )


def keeps_sentence(english: str, translated: str, language: Language, payers: Collection[str] = ()) -> bool:
    """Tell whether a translation has the codes, modifiers, numbers, dates, payer names and negation of its English sentence.

    It must be of about its length, in its language, and hold neither address nor markup that the English does not.
    """
    return (
        _SHORTEST * len(english) <= len(translated) <= _LONGEST * len(english) + _SPARE_CHARS
        and find_language(translated) is language
        and not (_NOT_PLAIN.search(translated) and not _NOT_PLAIN.search(english))
        and _marks(english, payers) == _marks(translated, payers)
        and _numbers_agree(english, translated)
        and _negations_agree(english, translated, language)
    )


def _marks(text: str, payers: Collection[str]) -> frozenset[str]:
    """Give the codes, modifiers in letters and payer names that stand in a text."""
    spaced = apart(text)
    codes = {index_key(mention.code) for mention in find_codes(spaced)}
    letters = {*_LETTER_MODIFIER.findall(spaced), *(m for m in find_modifiers(spaced) if m.isalpha())}
    return frozenset(codes | letters | {name for name in payers if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", spaced, re.IGNORECASE)})


def _numbers_agree(english: str, other: str) -> bool:
    """Tell whether all numbers in digits agree; what the English counts in words may stand in digits in the other, or the other way."""
    one, two = _numbers(english), _numbers(other)
    counted = {digits for digits, words in _COUNTED if re.search(rf"\b(?:{words})\b", english, re.IGNORECASE)}
    return one <= two and two - one <= counted


def _numbers(text: str) -> frozenset[str]:
    digits = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in unicodedata.normalize("NFKC", text))
    joined = _GROUPED.sub(lambda found: re.sub(r"\D", "", found[0]), digits)
    return frozenset(re.sub(r"[.,]", "", number).lstrip("0") or "0" for number in _NUMBER.findall(joined))


def _negations_agree(english: str, translated: str, language: Language) -> bool:
    negated = bool(re.search(_NEGATIONS[language], translated, re.IGNORECASE))
    return negated if _NEGATED.search(english) else not negated or bool(_RESTRICTED.search(english))
