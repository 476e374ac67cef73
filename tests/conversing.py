"""Follow a conversation turn by turn, as questions are read with the shipped payers and codes and no library."""

from datetime import date

from assistant.answer import Question
from assistant.context import Asked, Context
from assistant.conversation import Resolved, after, resolve
from assistant.payers import NamedPayer, find_payer
from assistant.question import read_question
from assistant.reading import settle_circumstances
from assistant.reference import find_topics
from corpus.glossary import load_glossary
from corpus.payers import load_payer_names
from corpus.registry import load_codes

TODAY = date(2026, 5, 1)
NAMES, REGISTRY = load_payer_names(), load_codes()


class PlainReader:
    """Reads as the assistant does, with the shipped names of payers and no library."""

    topics = find_topics(REGISTRY, load_glossary())

    def read(self, text: str, as_of: date | None, payer: str | None) -> Question:
        return settle_circumstances(read_question(text, as_of or TODAY, payer), as_of, names=NAMES, known=())

    def named_payer(self, text: str) -> NamedPayer | None:
        return find_payer(text, NAMES, ())

    def is_known(self, code: str) -> bool:
        return code in REGISTRY

    def family(self, code: str) -> str:
        return REGISTRY[code].family if code in REGISTRY else ""


READER = PlainReader()


def follow(turns: tuple[str, ...], start: Context | None = None) -> tuple[Resolved, Question, Context | None]:
    context = start
    for text in turns:
        asked = Asked(text)
        resolved = resolve(asked, context, READER, TODAY)
        question = READER.read(resolved.text, resolved.as_of, resolved.payer)
        context = after(asked, resolved, context, READER, TODAY)
    return resolved, question, context
