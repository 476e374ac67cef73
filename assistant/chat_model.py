"""Call a chat model so that neither its silence, nor its length, nor its errors reach the reader unbounded."""

import math
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from corpus.errors import AnswerError, ModelReplyInvalid, ModelUnavailable

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

_MAX_REPLY_CHARS = 100_000
_MAX_TOLD_CHARS = 300
_PAUSE_S = 0.3
_FINAL = (401, 402, 403, 404)
_REFUSED = (401, 403)
_BUSY = 429


def open_model(name: str, *, api_key: str, base_url: str, timeout_s: float) -> "BaseChatModel":
    """Give the chat model `provider:model` through LangChain.

    Raises:
        ModelUnavailable: the provider is unknown, its package is missing, or its key is.
    """
    from langchain.chat_models import init_chat_model

    # `_replies` tries again, within the time that is left
    options: dict[str, Any] = {"temperature": 0, "timeout": timeout_s, "max_retries": 0}
    options |= {key: value for key, value in (("api_key", api_key), ("base_url", base_url)) if value}
    try:
        model: BaseChatModel = init_chat_model(name, **options)
    except Exception as error:  # each provider raises its own kinds
        told = str(error) or type(error).__name__
        told = told.replace(api_key, "(key)") if api_key else told  # pydantic repeats what it was given
        raise ModelUnavailable(f"the chat model {name!r} cannot be opened: {shorten(told, _MAX_TOLD_CHARS)}") from None
    return model


def untraced() -> AbstractContextManager[object]:
    """Keep LangChain's tracing off, whatever the environment says: questions go to the model and nowhere else."""
    from langsmith import tracing_context

    return tracing_context(enabled=False)


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


def listen(model: "BaseChatModel", name: str, messages: list[tuple[str, str]], timeout_s: float) -> Iterator[str]:
    """Yield the reply as it arrives; the model is called in a thread of its own, so that one that hangs does not hang the reader.

    Raises:
        ModelUnavailable: the model failed, or its reply was not whole within `timeout_s`.
        ModelReplyInvalid: the reply is empty or too long.
    """
    call = _Call(model, name, messages, time.monotonic() + timeout_s)
    threading.Thread(target=_attend, args=(call,), daemon=True).start()
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


def _attend(call: _Call) -> None:
    """Put the pieces of the reply in the box, then None or the error that ended it."""
    try:
        with untraced():
            _take(call)
    except AnswerError as error:
        call.box.put(error)
    except Exception as error:  # whatever a provider raises; its message is not passed on, it may hold the key or the passages
        call.box.put(ModelUnavailable(_failure(call.name, error)))


def _take(call: _Call) -> None:
    """Put the pieces of the reply in the box, then None; stop once the reader has gone."""
    length = 0
    for text in _replies(call):
        length += len(text)
        if length > _MAX_REPLY_CHARS:
            raise ModelReplyInvalid(f"the reply of {call.name} is longer than {_MAX_REPLY_CHARS:,} characters")
        if call.gone.is_set():
            return
        if text:
            call.box.put(text)
    call.box.put(None if length else ModelReplyInvalid(f"{call.name} replied with nothing"))


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


def _part(part: str | dict[str, Any]) -> str:
    return part if isinstance(part, str) else str(part.get("text", ""))
