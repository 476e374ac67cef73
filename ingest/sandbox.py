"""Read files of others in a child process: with limits on time and memory, without network and without writing anything.

Requests and replies are lengths and JSON over pipes, checked on arrival; nothing is pickled. One child reads many files.
"""

import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Timer
from time import monotonic
from types import TracebackType
from typing import IO, Any, Protocol, Self

from pydantic import TypeAdapter, ValidationError

from corpus.errors import CorpusError, IngestError, Refusal, UnreadableDocument, UnsupportedFormat
from ingest.extract import MAX_CHARS, extract
from ingest.extract.blocks import Extracted
from ingest.extract.ocr import MAX_PIXELS, Picture, Recognise

CPU_SECONDS = 20
WALL_SECONDS = 60
READY = b"ready"
MEMORY_BYTES = 1_000_000_000
_FILES_PER_CHILD = 500
_START_SECONDS = 60
_MAX_REPLY = 400_000_000
_LENGTH = struct.Struct(">Q")
_SIZES = struct.Struct(">II")
_EXTRACTED: TypeAdapter[Extracted] = TypeAdapter(Extracted)
_CHILD = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from ingest.confined import serve; serve(sys.argv[2])"
_READER = "ingest.sandbox:read_file"
_TOO_SLOW = {signal.SIGXCPU, signal.SIGKILL} if hasattr(signal, "SIGXCPU") else {signal.SIGTERM}


class Reads(Protocol):
    """What reads the content of a file."""

    def __call__(self, content: bytes, path: Path) -> Extracted:
        """Give the blocks of a file; raises as `ingest.extract.extract` does."""


class Sandbox:
    """Reads files in a child that is replaced after it broke a limit. Use it as a context; it is safe among threads."""

    def __init__(
        self,
        reader: str = _READER,
        *,
        cpu_s: int = CPU_SECONDS,
        wall_s: float = WALL_SECONDS,
        memory: int = MEMORY_BYTES,
        recogniser: Callable[[], Recognise] | None = None,
    ) -> None:
        """Take `reader` as `module:function`: given content, name and recogniser it returns what is sent back as bytes of JSON.

        `recogniser` gives what reads the scanned pages of one file; it runs here, on pictures that the child drew.
        """
        self._reader = reader
        self._limits = {"cpu_s": cpu_s, "memory": memory, "recognises": recogniser is not None}
        self._recogniser = recogniser
        self._wall_s = wall_s
        self._child: subprocess.Popen[bytes] | None = None
        self._read = 0
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop()

    def __call__(self, content: bytes, path: Path) -> Extracted:
        """Give the blocks of a file.

        Raises:
            UnreadableDocument, UnsupportedFormat, CorpusError: as the reader refuses it, or it broke a limit or the child.
        """
        try:
            found = _EXTRACTED.validate_json(self.reply(content, path))
        except ValidationError:
            raise IngestError(f"{path}: its reader gave nothing usable; please report this", Refusal.INTERNAL) from None
        if sum(len(block.text) for block in found.blocks) > MAX_CHARS:
            raise UnreadableDocument(f"{path}: more than {MAX_CHARS // 1_000_000} million characters; split it", Refusal.TOO_LARGE)
        return found

    def reply(self, content: bytes, path: Path) -> bytes:
        """Give what the reader gives for a file.

        Raises:
            UnreadableDocument, UnsupportedFormat, CorpusError: as the reader refuses it, or it broke a limit or the child.
        """
        with self._lock:
            status, body = self._ask(content, path)
        if status != "read":
            raise _refusal(status, path, json.loads(body))
        return body

    def _ask(self, content: bytes, path: Path) -> tuple[str, bytes]:
        told: Sequence[bytes] = (message(str(path).encode(errors="surrogateescape")), _LENGTH.pack(len(content)), content)
        left, recognise = self._wall_s, self._recogniser() if self._recogniser else None
        try:
            child = self._started()
            while True:
                started = monotonic()
                status, body = _exchange(child, told, timeout_s=left)
                if status != "picture" or recognise is None:
                    return status, body
                left -= monotonic() - started
                told = (message(recognise(to_picture(body)).encode()),)
        except (EOFError, BrokenPipeError, ValueError):
            code = -(self._stop() or 0)
            return ("timeout" if code in _TOO_SLOW else "crashed"), b"{}"

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._child is not None and (self._read >= _FILES_PER_CHILD or self._child.poll() is not None):
            self._stop()
        if self._child is None:
            self._read = 0
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-B", "-c", _CHILD, json.dumps(sys.path), json.dumps({**self._limits, "reader": self._reader})],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a reader's complaint may hold words of the document
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
            assert self._child.stdout
            with _in_time(self._child, _START_SECONDS):  # under load a start takes seconds, which are not the file's
                receive(self._child.stdout, len(READY))
        self._read += 1
        return self._child

    def _stop(self) -> int | None:
        """End the child; give its exit status."""
        child, self._child = self._child, None
        if child is None:
            return None
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with suppress(OSError):  # of a child that died with a request half written
                    pipe.close()
        try:
            child.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            kill(child)
            child.wait()
        return child.returncode


def read_file(content: bytes, path: Path, recognise: Recognise | None = None) -> bytes:
    """Give what `extract` gives as JSON; it runs in the child."""
    return _EXTRACTED.dump_json(extract(content, path, recognise))


def of_picture(picture: Picture) -> bytes:
    """Give a picture as `to_picture` reads it."""
    return _SIZES.pack(picture.width, picture.height) + picture.pixels


def to_picture(told: bytes) -> Picture:
    """Give the picture that a child sends.

    Raises:
        ValueError: it is none.
    """
    if len(told) < _SIZES.size:
        raise ValueError("not a picture of a page")
    width, height = _SIZES.unpack_from(told)
    return Picture(width, height, told[_SIZES.size :])


def _exchange(child: "subprocess.Popen[bytes]", told: Sequence[bytes], *, timeout_s: float) -> tuple[str, bytes]:
    """Send something and give status and content of the reply; a child that is late is killed, which ends the reply."""
    assert child.stdin
    assert child.stdout
    with _in_time(child, timeout_s):
        for part in told:
            child.stdin.write(part)
        child.stdin.flush()
        status = receive(child.stdout, 100).decode()
        return status, receive(child.stdout, MAX_PIXELS + _SIZES.size if status == "picture" else _MAX_REPLY)


@contextmanager
def _in_time(child: "subprocess.Popen[bytes]", timeout_s: float) -> Iterator[None]:
    late = Timer(max(0.0, timeout_s), kill, [child])
    late.start()
    try:
        yield
    finally:
        late.cancel()


def receive(stream: IO[bytes], at_most: int) -> bytes:
    """Give one message: its length, then its bytes.

    Raises:
        EOFError: the other side has gone.
        ValueError: it is longer than `at_most`.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > at_most:
        raise ValueError("a message over its limit")
    return _exactly(stream, length)


def message(content: bytes) -> bytes:
    """Give a message as `receive` reads it."""
    return _LENGTH.pack(len(content)) + content


def _exactly(stream: IO[bytes], count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise EOFError
    return content


def kill(child: "subprocess.Popen[bytes]") -> None:
    """End a child that leads a group of processes, and the group with it."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError, PermissionError):
        child.kill()


def _refusal(status: str, path: Path, told: dict[str, Any]) -> Exception:
    """Give the error that a status of the child stands for; see `ingest.confined`."""
    if status == "refused":
        kind: Callable[[str, Refusal], IngestError] = UnsupportedFormat if told["refusal"] == Refusal.UNKNOWN_TYPE else UnreadableDocument
        return kind(str(told["message"]), Refusal(told["refusal"]))
    if status == "misformed":
        return CorpusError(str(told["message"]))
    words, refusal = {
        "timeout": ("takes too long to read; split it or save it in another form", Refusal.TIMEOUT),
        "memory": ("takes too much memory to read; split it or save it in another form", Refusal.MEMORY_LIMIT),
        "crashed": ("its reader broke on it; it is damaged or made to do harm: save it again from its source", Refusal.DAMAGED),
    }.get(status, ("its reader failed; please report this", Refusal.INTERNAL))
    return UnreadableDocument(f"{path}: {words}", refusal)
