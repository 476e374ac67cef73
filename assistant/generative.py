"""The optional answerer: a chat model proposes claims with quotes; the quote gate decides what is shown."""

import json
import re
import secrets
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from assistant.answer import BROKEN_OFF, Draft, DraftSentence, Hit, Question, Quote, Reason, Role, Verdict
from assistant.chat_model import listen
from corpus.errors import ModelReplyInvalid, ModelUnavailable
from ingest.canonical import canonical
from ingest.documents import Passage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_Told = TypeVar("_Told", bound=BaseModel)
_MAX_STARTS = 20
_MAX_CLAIM_CHARS = 1_000
_MAX_QUOTE_CHARS = 4_000
_MAX_QUOTES = 8
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

    def within(self, timeout_s: float) -> "GenerativeAnswerer":
        """Give the same answerer with at most `timeout_s` seconds for an answer."""
        return GenerativeAnswerer(self._model, self.name, timeout_s=min(timeout_s, self._timeout_s), max_sentences=self._max_sentences)

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
            for piece in listen(self._model, self.name, _messages(question, hits, self._max_sentences), self._timeout_s):
                for claim in reader.read(piece)[: self._max_sentences - len(heard)]:
                    heard.append(_sentence(claim, hits))
                    if heard[-1] not in heard[:-1]:
                        on_claim(heard[-1])
            reply = read_reply(reader.text, _Reply)
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
    reply = read_reply("".join(listen(model, name, [("system", system), ("human", shown)], timeout_s)), _Questions)
    written = (" ".join(canonical(question).split()) for question in reply.questions)
    return tuple(dict.fromkeys(q for q in written if 0 < len(q) <= _MAX_QUESTION_CHARS))[:_MOST_QUESTIONS]


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


def read_reply(text: str, kind: type[_Told]) -> _Told:
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
