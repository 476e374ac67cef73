"""The optional answerer: a chat model proposes claims with quotes; the quote gate decides what is shown."""

import json
import queue
import re
import secrets
import threading
from collections.abc import Sequence
from importlib.resources import files
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field

from assistant.answer import Draft, DraftSentence, Hit, Question, Quote, Reason, Role, Verdict
from corpus.errors import ModelReplyInvalid, ModelUnavailable
from ingest.canonical import canonical
from ingest.documents import Passage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_Told = TypeVar("_Told", bound=BaseModel)
_MAX_REPLY_CHARS = 100_000
_MAX_STARTS = 20
_MAX_TOLD_CHARS = 300
_MOST_QUESTIONS = 3
_MAX_QUESTION_CHARS = 200
_MARKER = re.compile(r"\s*\[\d+\](?=[\s.,;]|$)")


def _lowered(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class _ReplyQuote(BaseModel):
    passage: int
    quote: str


class _Claim(BaseModel):
    text: str
    role: Annotated[Literal["verdict", "condition", "exception", "documentation", "background"], BeforeValidator(_lowered)] = "background"
    quotes: list[_ReplyQuote] = Field(default_factory=list)


class _Reply(BaseModel):
    verdict: Annotated[Literal["yes", "no", "conditional", "none"], BeforeValidator(_lowered)] = "none"
    claims: list[_Claim]  # required: an object without claims is an error told in JSON, not a reply


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
        """Give the model's claims as an unverified draft.

        Raises:
            ModelUnavailable: the model failed or did not reply in time.
            ModelReplyInvalid: the reply is not the JSON that was asked for.
        """
        told = _ask(self._model, self.name, _messages(question, hits, self._max_sentences), self._timeout_s)
        reply = _read_reply(told, _Reply)
        sentences = tuple(dict.fromkeys(_sentence(claim, hits) for claim in reply.claims[: self._max_sentences]))
        return Draft(Verdict(reply.verdict), sentences, None if sentences else Reason.NO_EVIDENCE)


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


def _ask(model: "BaseChatModel", name: str, messages: list[tuple[str, str]], timeout_s: float) -> str:
    """Call the model in a thread of its own: a provider that hangs must not hang the reader."""
    box: queue.SimpleQueue[tuple[str, Exception | None]] = queue.SimpleQueue()
    threading.Thread(target=_invoke, args=(model, messages, box), daemon=True).start()
    try:
        text, error = box.get(timeout=timeout_s)
    except queue.Empty:
        raise ModelUnavailable(f"{name} did not reply within {timeout_s:g} s") from None
    if error is not None:
        raise ModelUnavailable(f"{name} failed ({type(error).__name__})") from error
    return text


def open_model(name: str, *, api_key: str, base_url: str, timeout_s: float) -> "BaseChatModel":
    """Give the chat model `provider:model` through LangChain.

    Raises:
        ModelUnavailable: the provider is unknown, its package is missing, or its key is.
    """
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"temperature": 0, "timeout": timeout_s, "max_retries": 1}
    options |= {key: value for key, value in (("api_key", api_key), ("base_url", base_url)) if value}
    try:
        model: BaseChatModel = init_chat_model(name, **options)
    except Exception as error:  # each provider raises its own kinds
        told = str(error) or type(error).__name__
        told = told.replace(api_key, "(key)") if api_key else told  # pydantic repeats what it was given
        raise ModelUnavailable(f"the chat model {name!r} cannot be opened: {shorten(told, _MAX_TOLD_CHARS)}") from None
    return model


def _invoke(model: "BaseChatModel", messages: list[tuple[str, str]], box: "queue.SimpleQueue[tuple[str, Exception | None]]") -> None:
    try:
        content = model.invoke(messages).content
        box.put((content if isinstance(content, str) else "".join(_part(part) for part in content), None))
    except Exception as error:  # whatever a provider raises is told to the caller
        box.put(("", error))


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
    starts = [m.start() for m in re.finditer(r"\{", text)][:_MAX_STARTS] if len(text) <= _MAX_REPLY_CHARS else []
    for start in starts:
        try:
            return kind.model_validate(json.JSONDecoder().raw_decode(text, start)[0])
        except (ValueError, RecursionError):  # a pydantic ValidationError is a ValueError
            continue
    raise ModelReplyInvalid("the model's reply is not the JSON object that was asked for")


def _sentence(claim: _Claim, hits: Sequence[Hit]) -> DraftSentence:
    quotes = tuple(Quote(hits[q.passage - 1].passage.id if 0 < q.passage <= len(hits) else "", q.quote) for q in claim.quotes)
    return DraftSentence(_MARKER.sub("", " ".join(canonical(claim.text).split())), Role(claim.role), quotes)
