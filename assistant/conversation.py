"""Follow-up questions: what a turn takes over from the turn before, and the full question that it makes."""

from dataclasses import dataclass, replace
from datetime import date

from assistant.answer import Answer, Carried, Kind
from assistant.context import Asked, Context, Reader, without
from assistant.cues import Cue, Said, adds, find_group, hear, is_led, read_cue, takes_out
from assistant.dates import find_date_of_service
from assistant.identifiers import mask
from assistant.languages import apart, english_follow_up
from assistant.reference import partings, pointed_at
from assistant.service import Assistant
from assistant.wording import carried, full_question


@dataclass(frozen=True, slots=True)
class Resolved:
    """The question to ask now: full words, and the date and payer to give beside them (None: what the words say, else any).

    `carried` came from the conversation; nothing carried means a clean start. `offered` is what the coder may still want carried over.
    """

    text: str
    as_of: date | None
    payer: str | None
    carried: tuple[Carried, ...] = ()
    offered: tuple[Carried, ...] = ()
    is_question: bool = True


def resolve(asked: Asked, before: Context | None, reader: Reader, today: date) -> Resolved:
    """Give the question that `asked` makes after what the conversation was about.

    A question with a subject of its own carries nothing; what it might have meant is offered. What the words say counts more
    than a date or payer given beside them that has not changed since the last question. A message that goes on with a second
    question, "and 77336, also is a modifier needed?", makes both.

    Raises:
        AnswerError: it is empty or too long.
    """
    if before is None:
        return Resolved(asked.text, asked.as_of, asked.payer)
    asked = _in_english(asked, reader, today)
    said = _hear(asked, reader, today)
    return _resolve_two(asked, before, reader, today) or _resolve_one(asked, said, before, reader, today)


def _hear(asked: Asked, reader: Reader, today: date) -> Said:
    base = asked.as_of or today
    return hear(reader.read(apart(asked.text), base, asked.payer), base, reader.named_payer(asked.text), reader.topics)


def _in_english(asked: Asked, reader: Reader, today: date) -> Asked:
    """Give a follow-up that only names another code, payer or date in English; any other as it is."""
    written = replace(asked, text=english_follow_up(asked.text))
    if written.text == asked.text:
        return asked
    return written if read_cue(_hear(written, reader, today), known=True) in {Cue.AGAIN, Cue.ADDED} else asked


def _resolve_one(asked: Asked, said: Said, before: Context, reader: Reader, today: date) -> Resolved:
    before = _under(before, asked)
    cue, said, before = _find_cue(asked, said, before, reader, today)
    if left := _taken_out(said, before):
        return _without_code(left, asked, before)
    if before.insists and cue is Cue.NEW:
        cue = Cue.ASPECT
    if cue is Cue.THANKS:
        return Resolved(asked.text, asked.as_of, asked.payer, is_question=False)
    if cue is Cue.NEW:
        return _start_clean(asked, said, before, reader)
    text, kept = full_question(cue, said, before, reader)
    as_of = said.day.day if said.day else before.as_of
    payer = said.payer.name if said.payer else None if said.anyone else before.payer
    return Resolved(
        text,
        as_of or asked.as_of,
        payer or (None if said.anyone else asked.payer),
        carried(cue, said, before, kept),
    )


def _taken_out(said: Said, before: Context) -> str:
    """Give the one of several codes that a fragment takes out, "drop 77336", empty where it takes none."""
    return said.codes[0] if len(before.codes) > 1 and takes_out(said) and said.codes[0] in before.codes else ""


def _without_code(code: str, asked: Asked, before: Context) -> Resolved:
    left = without(before, Carried(Kind.CODE, code))
    return Resolved(left.text, left.as_of or asked.as_of, left.payer or asked.payer, left.parts())


def _find_cue(asked: Asked, said: Said, before: Context, reader: Reader, today: date) -> tuple[Cue, Said, Context]:
    """Give how a question leans on the one before, with "the first one" or "the other" understood as the code that it means."""
    cue = read_cue(said, bool(before.codes))
    pointed = None if said.codes else pointed_at(said.text, before.codes, before.former)
    if pointed is None or (cue is Cue.ASIDE and said.text.strip(" ?.!") != pointed[0]):
        return cue, said, before
    words, code = pointed
    written = _hear(replace(asked, text=said.text.replace(words, code, 1)), reader, today)
    named = read_cue(written, known=True)
    if named in {Cue.AGAIN, Cue.ADDED}:
        return named, written, before
    return Cue.ASPECT, said, replace(before, codes=(code,))


def _resolve_two(asked: Asked, before: Context, reader: Reader, today: date) -> Resolved | None:
    """Give what a message makes that exchanges something and then goes on with another question, None where it is not one."""
    for head, tail, is_one_more in partings(asked.text):
        begun, goes_on = replace(asked, text=head), replace(asked, text=tail)
        said = _hear(begun, reader, today)
        if not said.names_something or read_cue(said, bool(before.codes)) not in {Cue.AGAIN, Cue.ADDED}:
            continue
        if not (is_one_more or is_led(said)):
            continue
        first = _resolve_one(begun, said, before, reader, today)
        between = after(begun, first, before, reader, today)
        if between is None:
            continue
        said = _hear(goes_on, reader, today)
        second = _resolve_one(goes_on, said, between, reader, today)
        holds_first = any(part.kind is Kind.TOPIC for part in second.carried) and not said.codes
        alone = holds_first or (bool(second.carried) and not is_one_more)
        text = second.text if alone else f"{first.text.rstrip(' .?!')}? {second.text}"
        circumstances = second if second.carried else first
        return replace(first, text=text, as_of=circumstances.as_of, payer=circumstances.payer)
    return None


def after(asked: Asked, resolved: Resolved, before: Context | None, reader: Reader, today: date) -> Context | None:
    """Give what the conversation is about once `asked` was resolved."""
    if not resolved.is_question:
        return before
    question = reader.read(apart(resolved.text), resolved.as_of, resolved.payer)
    given_day = asked.as_of or today
    spoken, named = find_date_of_service(question.text, given_day), reader.named_payer(question.text)
    return Context(
        text=question.text,
        codes=question.codes,
        modifiers=question.modifiers,
        setting=question.setting,
        as_of=question.as_of if question.as_of != given_day else None,
        payer=question.payer if question.payer != asked.payer else None,
        day_words=spoken.words if spoken else "",
        payer_words=named.words if named else find_group(question.text),
        former=before.codes if before else (),
        asked=Asked("", asked.as_of, asked.payer),
    )


class Conversation:
    """Questions that follow each other; each is answered as what it means after the ones before."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._context: Context | None = None
        self._given = Asked("")

    def ask(self, text: str, *, as_of: date | None = None, payer: str | None = None, within: str = "", publisher: str = "") -> Answer:
        """Answer the next question; its `question` says what was carried over. A date or payer given holds until another is.

        `within` and `publisher` are the part of the library that may answer this question, as in `Assistant.ask`.

        Raises:
            AnswerError: the question is empty or too long, or there is no such part to ask.
        """
        asked = Asked(mask(text).text, as_of or self._given.as_of, payer or self._given.payer)
        today = self._assistant.today()
        resolved = resolve(asked, self._context, self._assistant, today)
        answer = self._assistant.ask(resolved.text, as_of=resolved.as_of, payer=resolved.payer, within=within, publisher=publisher)
        self._context = after(asked, resolved, self._context, self._assistant, today)
        self._given = asked
        return carry(answer, resolved)


def carry(answer: Answer, resolved: Resolved) -> Answer:
    """Give an answer whose question tells what was carried over."""
    return replace(answer, question=replace(answer.question, carried=resolved.carried))


def _under(before: Context, asked: Asked) -> Context:
    """Give a context without the spoken date or payer in whose place another one was given since."""
    day = before.as_of if asked.as_of == before.asked.as_of else None
    return replace(before, as_of=day, payer=before.payer if asked.payer == before.asked.payer else None)


def _start_clean(asked: Asked, said: Said, before: Context, reader: Reader) -> Resolved:
    day = said.day.day if said.day and asked.as_of == before.asked.as_of else asked.as_of
    payer = said.payer.name if said.payer and asked.payer == before.asked.payer else asked.payer
    unsaid = [
        p
        for p in before.parts()
        if p.kind in {Kind.PAYER, Kind.DATE, Kind.SETTING}
        or (p.kind is Kind.CODE and p.value not in said.codes and reader.is_known(p.value) and (not said.codes or adds(said)))
    ]
    taken = {
        *([Kind.PAYER] if said.payer or said.anyone else []),
        *([Kind.DATE] if said.day else []),
        *([Kind.SETTING] if said.places else []),
    }
    return Resolved(asked.text, day, payer, offered=tuple(p for p in unsaid if p.kind not in taken))
