"""The child of `ingest.sandbox`: gives up what it does not need, then reads one file after the other."""

import contextlib
import ctypes
import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus.errors import CorpusError, IngestError
from ingest.extract.ocr import Picture, Recognise
from ingest.sandbox import READY, message, of_picture, receive

_NEW_NETWORK = 0x40000000
_MAX_REQUEST = 1_000_000_000
_FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.fork",
    "os.forkpty",
    "os.kill",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.putenv",
    "shutil.",
    "ctypes.dlopen",
    "urllib.",
    "http.",
    "ftplib.",
    "smtplib.",
    "pty.",
    "webbrowser.",
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MAX_WORDS = 1_000_000
Reader = Callable[[bytes, Path, Recognise | None], bytes]


def serve(told: str) -> None:
    """Answer requests on standard input until it ends; `told` names limits and reader in JSON.

    It says when it is ready. A reply is a status and its content: `read` with what the reader gives, or `refused`, `misformed`, `memory` or `failed`.
    Before it come pictures of scanned pages, where the limits say that their words are recognised; each is answered with them.
    """
    limits = json.loads(told)
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _silence()
    module, _, function = limits["reader"].partition(":")
    reader: Reader = getattr(importlib.import_module(module), function)
    _preload()
    _confine(limits["memory"])

    def recognise(picture: Picture) -> str:
        target.write(message(b"picture") + message(of_picture(picture)))
        target.flush()
        _allow_seconds(limits["cpu_s"])  # the clock of the parent holds for all pages together
        return receive(source, _MAX_WORDS).decode()

    target.write(message(READY))
    target.flush()
    while True:
        try:
            name, content = receive(source, 10_000), receive(source, _MAX_REQUEST)
        except EOFError:
            return
        _allow_seconds(limits["cpu_s"])
        status, body = _answer(reader, content, Path(os.fsdecode(name)), recognise if limits["recognises"] else None)
        target.write(message(status.encode()) + message(body))
        target.flush()


def _answer(reader: Reader, content: bytes, path: Path, recognise: Recognise | None) -> tuple[str, bytes]:
    try:
        return "read", reader(content, path, recognise)
    except IngestError as error:
        return "refused", json.dumps({"message": str(error), "refusal": error.refusal.value}).encode()
    except CorpusError as error:
        return "misformed", json.dumps({"message": str(error)}).encode()
    except MemoryError:
        return "memory", b"{}"
    except RecursionError:
        return "crashed", b"{}"
    except Exception:  # whatever a reader raises is told of its file, and the child goes on
        return "failed", b"{}"


def _silence() -> None:
    """Keep what a library prints out of the replies."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _preload() -> None:
    """Load what opens libraries or files when it is imported, before that is forbidden."""
    for module in ("pypdfium2", "pypdf", "pdfplumber", "docx", "selectolax.lexbor", "python_calamine", "trafilatura"):
        with contextlib.suppress(ImportError):
            importlib.import_module(module)


def _confine(memory: int) -> None:
    """Give up network, children, writing and memory beyond `memory` bytes; where the system has no such limits, what it has."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(_NEW_NETWORK)  # needs rights that not every user has; the hook below holds without
    with contextlib.suppress(ImportError):
        import resource

        for limit, value in (("RLIMIT_AS", memory), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0), ("RLIMIT_NOFILE", 64)):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(getattr(resource, limit), (value, value))
    sys.addaudithook(_forbid)


def _allow_seconds(seconds: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, resource.RLIM_INFINITY))


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        _, mode, flags = arguments
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & _WRITES):
            raise PermissionError("a reader of documents writes nothing")
    elif event.startswith(_FORBIDDEN):
        raise PermissionError(f"a reader of documents may not: {event}")
