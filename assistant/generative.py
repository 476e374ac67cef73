"""The optional answerer: a chat model proposes claims with quotes; the quote gate decides what is shown."""

import json
import math
import queue
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from assistant.answer import BROKEN_OFF, Draft, DraftSentence, Hit, Question, Quote, Reason, Role, Verdict
from corpus.errors import AnswerError, ModelReplyInvalid, ModelUnavailable
from ingest.canonical import canonical
from ingest.documents import Passage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

_Told = TypeVar("_Told", bound=BaseModel)
_MAX_REPLY_CHARS = 100_000
_MAX_STARTS = 20
_MAX_TOLD_CHARS = 300
_MAX_CLAIM_CHARS = 1_000
_MAX_QUOTE_CHARS = 4_000
_MAX_QUOTES = 8
_PAUSE_S = 0.3
_FINAL = (401, 402, 403, 404)
_REFUSED = (401, 403)
_BUSY = 429
_MOST_QUESTIONS = 3
_MAX_QUESTION_CHARS = 200
_CLAIMS = re.compile(r'"claims"\s*:\s*\[')
_NEXT_CLAIM = re.compile(r"[\s,]*(?=\{)")
_MARKER = re.compile(r"\s*\[\d+\](?=[\s.,;]|$)")


def _lowered(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class _ReplyQuote(BaseModel):
    passage: int
    quote: str = Field(max_length=_MAX_QUOTE_CHARS)


class _Claim(BaseModel):
    text: str = Field(max_length=_MAX_CLAIM_CHARS)
    role: Annotated[Literal["verdict", "condition", "exception", "documentation", "background"], BeforeValidator(_lowered)] = "background"
    quotes: list[_ReplyQuote] = Field(default_factory=list, max_length=_MAX_QUOTES)


class _Reply(BaseModel):
    verdict: Annotated[Literal["yes", "no", "conditional", "none"], BeforeValidator(_lowered)] = "none"
    claims: list[Any]  # required: an object without claims is an error told in JSON, not a reply


class _Questions(BaseModel):
    questions: list[str]


class GenerativeAnswerer:
    """Asks a chat model, which sees the retrieved passages only."""

    def __init__(self, model: "BaseChatModel", name: str, *, timeout_s: float, max_sentences: int) -> None:
        self.name = name
        self._model = model
        self._timeout_s = timeout_s
        self._max_sentences = max_sentences

    def draft(self, question: Question, hits: Sequence[Hit]) -> Draft:
        """Give the model's claims as an unverified draft; see `stream`."""
        return self.stream(question, hits, lambda _: None)

    def stream(self, question: Question, hits: Sequence[Hit], on_claim: Callable[[DraftSentence], object]) -> Draft:
        """Give the model's claims as an unverified draft, and each to `on_claim` as soon as it has arrived whole.

        A reply that breaks off after some claims leaves a draft of these, without a verdict: what was to follow may
        have been the exception.

        Raises:
            ModelUnavailable: the model failed, or did not reply in time, before any claim was whole.
            ModelReplyInvalid: the reply is not the JSON that was asked for and holds no claim.
        """
        reader = _ClaimReader()
        heard: list[DraftSentence] = []
        try:
            for piece in _pieces(self._model, self.name, _messages(question, hits, self._max_sentences), self._timeout_s):
                for claim in reader.read(piece)[: self._max_sentences - len(heard)]:
                    heard.append(_sentence(claim, hits))
                    if heard[-1] not in heard[:-1]:
                        on_claim(heard[-1])
            reply = _read_reply(reader.text, _Reply)
        except (ModelUnavailable, ModelReplyInvalid) as error:
            if not heard:
                raise
            return _broken_off(heard, str(error))
        sentences = tuple(dict.fromkeys(_sentence(claim, hits) for claim in reply.claims[: self._max_sentences]))
        return Draft(Verdict(reply.verdict), sentences, None if sentences else Reason.NO_EVIDENCE)


class _ClaimReader:
    """Reads the claims of a reply while it arrives."""

    def __init__(self) -> None:
        self.text = ""
        self._at = 0

    def read(self, piece: str) -> list[object]:
        """Take the next piece of the reply and give the claims that it completes."""
        self.text += piece
        if "}" not in piece:  # no claim ends in it
            return []
        if not self._at and (begun := _CLAIMS.search(self.text)):
            self._at = begun.end()
        claims: list[object] = []
        while self._at and (found := _NEXT_CLAIM.match(self.text, self._at)):
            try:
                claim, self._at = json.JSONDecoder().raw_decode(self.text, found.end())
            except (ValueError, RecursionError):  # not whole yet, or never to be
                break
            claims.append(claim)
        return claims


def _broken_off(heard: Sequence[DraftSentence], why: str) -> Draft:
    notice = f"{BROKEN_OFF} ({why}); only what its quotes had proved by then is shown, without a verdict."
    return Draft(Verdict.NONE, tuple(dict.fromkeys(heard)), None, notice, why)


def write_questions(model: "BaseChatModel", name: str, passage: Passage, *, timeout_s: float) -> tuple[str, ...]:
    """Have a chat model write at most three questions that a passage answers; it is found by them, and never quoted from them.

    Raises:
        ModelUnavailable: the model failed or did not reply in time.
        ModelReplyInvalid: the reply is not the JSON that was asked for.
    """
    system = files("assistant").joinpath("prompts/questions.md").read_text(encoding="utf-8").format(most=_MOST_QUESTIONS)
    fence = secrets.token_hex(8)
    shown = f"<passage-{fence}>\n{' > '.join(passage.section)}\n{passage.header}\n{passage.text}\n</passage-{fence}>"
    reply = _read_reply(_ask(model, name, [("system", system), ("human", shown)], timeout_s), _Questions)
    written = (" ".join(canonical(question).split()) for question in reply.questions)
    return tuple(dict.fromkeys(q for q in written if 0 < len(q) <= _MAX_QUESTION_CHARS))[:_MOST_QUESTIONS]


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a model, which must be over by `deadline`, and the box in which its reply arrives."""

    model: "BaseChatModel"
    name: str
    messages: list[tuple[str, str]]
    deadline: float
    box: "queue.SimpleQueue[str | AnswerError | None]" = field(default_factory=queue.SimpleQueue)
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for the reply any more."""


def _ask(model: "BaseChatModel", name: str, messages: list[tuple[str, str]], timeout_s: float) -> str:
    return "".join(_pieces(model, name, messages, timeout_s))


def _pieces(model: "BaseChatModel", name: str, messages: list[tuple[str, str]], timeout_s: float) -> Iterator[str]:
    """Yield the reply as it arrives; the model is called in a thread of its own, so that one that hangs does not hang the reader.

    Raises:
        ModelUnavailable: the model failed, or its reply was not whole within `timeout_s`.
        ModelReplyInvalid: the reply is empty or too long.
    """
    call = _Call(model, name, messages, time.monotonic() + timeout_s)
    threading.Thread(target=_listen, args=(call,), daemon=True).start()
    try:
        while (told := _next(call)) is not None:
            yield told
    except queue.Empty:
        raise ModelUnavailable(f"{name} did not reply within {timeout_s:g} s") from None
    finally:
        call.gone.set()


def _next(call: _Call) -> str | None:
    left = call.deadline - time.monotonic()
    if left <= 0:
        raise queue.Empty
    told = call.box.get(timeout=left)
    if isinstance(told, AnswerError):
        raise told
    return told


def _listen(call: _Call) -> None:
    """Put the pieces of the reply in the box, then None or the error that ended it; stop once the reader has gone."""
    length = 0
    try:
        for text in _replies(call):
            length += len(text)
            if length > _MAX_REPLY_CHARS:
                raise ModelReplyInvalid(f"the reply of {call.name} is longer than {_MAX_REPLY_CHARS:,} characters")
            if call.gone.is_set():
                return
            if text:
                call.box.put(text)
        call.box.put(None if length else ModelReplyInvalid(f"{call.name} replied with nothing"))
    except AnswerError as error:
        call.box.put(error)
    except Exception as error:  # whatever a provider raises; its message is not passed on, it may hold the key or the passages
        call.box.put(ModelUnavailable(_failure(call.name, error)))


def _replies(call: _Call) -> Iterator[str]:
    """Yield the reply in pieces; where no piece came, once more and whole, as a server that cannot stream gives it."""
    heard, wait_s = False, 0.0
    try:
        for chunk in call.model.stream(call.messages):
            text = _text(chunk)
            heard = heard or bool(text)
            yield text
    except Exception as error:  # each provider raises its own kinds
        wait_s = _wait_s(error)
        if heard or not time.monotonic() + wait_s < call.deadline:
            raise
    if not heard and not call.gone.wait(wait_s):
        yield _text(call.model.invoke(call.messages))


def _wait_s(error: Exception) -> float:
    """Give the seconds after which a failed call is worth another try; infinite where it is not, or the provider does not say plainly."""
    if _status(error) in _FINAL:
        return math.inf
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(_PAUSE_S, float(headers.get("retry-after", _PAUSE_S)))
    except ValueError:  # a date
        return math.inf


def _status(error: Exception) -> int | None:
    """Give the HTTP status that a provider's error carries, if any."""
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _failure(name: str, error: Exception) -> str:
    """Say what failed, by kind and status only."""
    status = _status(error)
    if status == _BUSY:
        return f"{name} takes no more requests at the moment (status {status})"
    if status in _REFUSED:
        return f"{name} refused the key (status {status})"
    return f"{name} failed ({type(error).__name__}{f', status {status}' if status else ''})"


def _text(message: "BaseMessage") -> str:
    content = message.content
    return content if isinstance(content, str) else "".join(_part(part) for part in content)


def open_model(name: str, *, api_key: str, base_url: str, timeout_s: float) -> "BaseChatModel":
    """Give the chat model `provider:model` through LangChain.

    Raises:
        ModelUnavailable: the provider is unknown, its package is missing, or its key is.
    """
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {
        "temperature": 0,
        "timeout": timeout_s,
        "max_retries": 0,
    }  # `_replies` tries again, within the time that is left
    options |= {key: value for key, value in (("api_key", api_key), ("base_url", base_url)) if value}
    try:
        model: BaseChatModel = init_chat_model(name, **options)
    except Exception as error:  # each provider raises its own kinds
        told = str(error) or type(error).__name__
        told = told.replace(api_key, "(key)") if api_key else told  # pydantic repeats what it was given
        raise ModelUnavailable(f"the chat model {name!r} cannot be opened: {shorten(told, _MAX_TOLD_CHARS)}") from None
    return model


def _part(part: str | dict[str, Any]) -> str:
    return part if isinstance(part, str) else str(part.get("text", ""))


def _messages(question: Question, hits: Sequence[Hit], max_sentences: int) -> list[tuple[str, str]]:
    system = files("assistant").joinpath("prompts/answer.md").read_text(encoding="utf-8").format(max_sentences=max_sentences)
    fence = secrets.token_hex(8)
    passages = "\n".join(
        f"<passage-{fence} number={n}>\n{_source(hit)}\n{hit.passage.text}\n</passage-{fence}>" for n, hit in enumerate(hits, 1)
    )
    asked = f"Question: {question.text}\nDate of service: {question.as_of.isoformat()}\nPayer: {question.payer or 'any'}"
    return [("system", system), ("human", f"{passages}\n\n{asked}")]


def _source(hit: Hit) -> str:
    document, passage = hit.document, hit.passage
    return f"[{document.publisher}, {document.title}, {document.edition}; {document.authority}; payer {passage.payer}; {' > '.join(passage.section)}]"


def _read_reply(text: str, kind: type[_Told]) -> _Told:
    """Give the first JSON object of the kind that was asked for; prose and fences around it are passed over."""
    starts = [m.start() for m in re.finditer(r"\{", text)][:_MAX_STARTS]
    for start in starts:
        try:
            return kind.model_validate(json.JSONDecoder().raw_decode(text, start)[0])
        except (ValueError, RecursionError):  # a pydantic ValidationError is a ValueError
            continue
    told = "is not the JSON object that was asked for" if starts else "is words without the JSON object that was asked for"
    raise ModelReplyInvalid(f"the reply {told}")


def _sentence(told: object, hits: Sequence[Hit]) -> DraftSentence:
    """Give a claim as a draft's sentence; one that is no claim becomes a sentence without quotes, which the gate drops."""
    try:
        claim = _Claim.model_validate(told)
    except ValidationError:
        return DraftSentence("", Role.BACKGROUND, ())
    quotes = tuple(Quote(hits[q.passage - 1].passage.id if 0 < q.passage <= len(hits) else "", q.quote) for q in claim.quotes)
    return DraftSentence(_MARKER.sub("", " ".join(canonical(claim.text).split())), Role(claim.role), quotes)
