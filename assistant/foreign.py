"""A question in another language: within what time it is translated, and what is asked where it is not."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from assistant.answer import Answer, Intent, Question, Sentence
from assistant.extractive import Answerer
from assistant.languages import Language
from corpus.errors import ModelReplyInvalid, ModelUnavailable

FEWEST_WORDS = 2
"""The fewest English words by which a question without codes is searched."""
UNTRANSLATED = "The question was not translated."
PASSED_ON = "Shown are passages on its codes, modifiers, payer and date, without a ruling."
KEPT_ENGLISH = "Sentences are shown in English where no translation kept every code, number and date."
_SHARE_FOR_QUESTION = 1 / 3


class Translator(Protocol):
    """What translates within a time; what it gives has kept all codes, numbers and names."""

    @property
    def name(self) -> str:
        """Name for the reader."""

    @property
    def timeout_s(self) -> float:
        """Seconds for a whole answer, translations and all."""

    def into_english(self, text: str, timeout_s: float) -> str:
        """Give a question in English.

        Raises:
            ModelUnavailable: the model failed or was late.
            ModelReplyInvalid: the translation lost or added something.
        """

    def out_of_english(self, sentences: Sequence[str], language: Language, timeout_s: float) -> tuple[str, ...]:
        """Give each sentence in `language`, "" where the translation lost or added something.

        Raises:
            ModelUnavailable: the model failed or was late.
            ModelReplyInvalid: the reply is not what was asked for.
        """


@runtime_checkable
class Timed(Protocol):
    """An answerer that can be given less time."""

    def within(self, timeout_s: float) -> Answerer:
        """Give the same answerer with at most `timeout_s` for an answer."""


class Foreign:
    """Translates one question and its answer, all within the time of the translator, and keeps what the reader should know of it."""

    def __init__(self, language: Language, translator: Translator | None) -> None:
        self.notices: tuple[str, ...] = ()
        self._language = language
        self._translator = translator
        self._ends = time.monotonic() + (translator.timeout_s if translator else 0.0)

    def into_english(self, text: str) -> str:
        """Give the question in English, or "" where it is not translated; that takes a third of the time at most."""
        if self._translator is None:
            return self._untranslated()
        try:
            english = self._translator.into_english(text, self._translator.timeout_s * _SHARE_FOR_QUESTION)
        except (ModelUnavailable, ModelReplyInvalid) as error:
            return self._untranslated(_failed(error))
        self.notices = (f"The question was translated by {self._translator.name} and read as: “{english}”.",)
        return english

    def within_time(self, answerer: Answerer) -> Answerer:
        """Give the answerer with the time that is left."""
        return answerer.within(max(0.0, self._left_s())) if isinstance(answerer, Timed) else answerer

    def out_of_english(self, answer: Answer) -> Answer:
        """Give the answer with translations of its sentences, as far as they held and the time that is left allows."""
        texts = tuple(dict.fromkeys(s.text for s in (*answer.sentences, *(side for c in answer.conflicts for side in c.sides))))
        if not texts or self._translator is None:
            return answer
        try:
            told = self._translator.out_of_english(texts, self._language, max(0.0, self._left_s()))
        except (ModelUnavailable, ModelReplyInvalid) as error:
            self.notices += (KEPT_ENGLISH, _failed(error))
            return answer
        if not all(told):
            self.notices += (KEPT_ENGLISH,)
        return _translated(answer, dict(zip(texts, told, strict=True)))

    def _untranslated(self, *why: str) -> str:
        self.notices = (*why, UNTRANSLATED)
        return ""

    def _left_s(self) -> float:
        return self._ends - time.monotonic()


def passages_asked(question: Question, words: Sequence[str]) -> Question:
    """Give what is searched where a question was not translated: its codes, modifiers and English `words`, and no ruling."""
    modifiers = [f"modifier {modifier}" for modifier in question.modifiers]
    text = " ".join((*question.codes, *modifiers, *words)) or question.text
    return replace(question, text=text, intent=Intent.OTHER, asks_ruling=False)


def speaks_of_codes(answer: Answer) -> bool:
    """Tell whether an answer has sentences and, where codes are asked about, cites a passage that holds one of them."""
    codes = set(answer.question.codes)
    cited = {c.passage_id for s in answer.sentences for c in s.citations}
    return bool(cited) and (not codes or any(h.passage.id in cited and h.passage.codes & codes for h in answer.evidence))


def _failed(error: Exception) -> str:
    return f"The model gave no usable translation ({error})."


def _translated(answer: Answer, told: dict[str, str]) -> Answer:
    def sentence(one: Sentence) -> Sentence:
        return replace(one, translation=told[one.text])

    conflicts = tuple(replace(c, sides=tuple(map(sentence, c.sides))) for c in answer.conflicts)
    return replace(answer, sentences=tuple(map(sentence, answer.sentences)), conflicts=conflicts)
