"""Conversations kept in the server's memory, so that a page that is loaded again still has its own; nothing goes to disk."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

MOST_KEPT = 50
MAX_AGE_S = 12 * 60 * 60
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    turns: tuple[T, ...]
    tab: str
    used_at: float


class Kept(Generic[T]):
    """Conversations by an id that cannot be guessed, each written by one browser tab: the one that opened it last.

    Of more than `most` the one unused for longest goes, and any that was not used for `max_age_s` seconds by `clock`.
    """

    def __init__(self, *, most: int = MOST_KEPT, max_age_s: float = MAX_AGE_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._max_age_s, self._clock = most, max_age_s, clock
        self._held: OrderedDict[str, _Held[T]] = OrderedDict()
        self._lock = Lock()

    def open(self, identity: str, tab: str) -> tuple[T, ...]:
        """Give the turns of a conversation and let `tab` write to it from now on; empty where it is not or no longer kept."""
        with self._lock:
            self._forget_old()
            held = self._held.get(identity)
            if held is None:
                return ()
            self._put(identity, held.turns, tab)
            return held.turns

    def begin(self, turns: Sequence[T], tab: str) -> str:
        """Keep a new conversation and give its id, 128 random bits."""
        identity = secrets.token_urlsafe(16)
        with self._lock:
            self._put(identity, turns, tab)
            self._forget_old()
        return identity

    def write(self, identity: str, turns: Sequence[T], tab: str) -> bool:
        """Keep the turns as they are now; False where the conversation is gone or another tab has opened it since."""
        with self._lock:
            self._forget_old()
            if identity not in self._held or self._held[identity].tab != tab:
                return False
            self._put(identity, turns, tab)
            return True

    def forget(self, identity: str, tab: str) -> None:
        """Keep a conversation no longer, unless another tab has opened it since."""
        with self._lock:
            if identity in self._held and self._held[identity].tab == tab:
                del self._held[identity]

    def _put(self, identity: str, turns: Sequence[T], tab: str) -> None:
        self._held[identity] = _Held(tuple(turns), tab, self._clock())
        self._held.move_to_end(identity)

    def _forget_old(self) -> None:
        oldest = self._clock() - self._max_age_s
        while self._held and (len(self._held) > self._most or next(iter(self._held.values())).used_at < oldest):
            self._held.popitem(last=False)
