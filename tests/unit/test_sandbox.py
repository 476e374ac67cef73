import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import CodeciteError, CorpusError, IngestError, Refusal, UnreadableDocument
from ingest.extract import extract
from ingest.extract.ocr import Picture, Recognise
from ingest.sandbox import Sandbox, read_file
from tests.unit.test_extract_docx import make_docx

MISBEHAVES = "tests.unit.test_sandbox:misbehave"
RULE = b"77336 is billed once for every five treatments.\n"


def misbehave(content: bytes, path: Path, recognise: Recognise | None = None) -> bytes:
    """Do in the child what a file names, as a reader that a hostile document has taken over would."""
    acts: dict[bytes, Callable[[], object]] = {
        b"spin": lambda: [None for _ in iter(int, 1)],
        b"sleep": lambda: time.sleep(60),
        b"balloon": lambda: bytearray(2_000_000_000),
        b"die": lambda: os.abort(),
        b"connect": lambda: socket.create_connection(("127.0.0.1", 9)),
        b"resolve": lambda: socket.getaddrinfo("example.org", 80),
        b"write": lambda: Path("/tmp/codecite-escaped").write_text("x"),
        b"remove": lambda: Path("/tmp/codecite-escaped").unlink(missing_ok=True),
        b"run": lambda: subprocess.run([sys.executable, "-c", "1"], check=True),
        b"fork": lambda: os.fork(),
        b"signal": lambda: os.kill(os.getppid(), 0),
        b"recurse": lambda: misbehave(content, path),
        b"lie": lambda: None,
        b"show": lambda: recognise and recognise(Picture(2, 2, b"\0" * 4)),
        b"show for ever": lambda: [recognise(Picture(2, 2, b"\0" * 4)) for _ in iter(int, 1)] if recognise else None,
    }
    try:
        acts[content]()
    except PermissionError as error:
        raise UnreadableDocument(f"{path}: {error}", Refusal.UNREADABLE) from None
    return b'{"blocks": 5}'


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2]), *sys.path])
    return Sandbox(MISBEHAVES, cpu_s=1, wall_s=3)


def refusal(sandbox: Sandbox, content: bytes) -> Refusal:
    with pytest.raises(IngestError) as told:
        sandbox(content, Path("file.txt"))
    assert "file.txt" in str(told.value)
    return told.value.refusal


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (b"spin", Refusal.TIMEOUT),
        (b"sleep", Refusal.TIMEOUT),
        (b"balloon", Refusal.MEMORY_LIMIT),
        (b"die", Refusal.DAMAGED),
        (b"recurse", Refusal.DAMAGED),
        (b"lie", Refusal.INTERNAL),
    ],
)
def test_a_reader_that_breaks_a_limit_costs_its_file_only(hostile: Sandbox, act: bytes, reason: Refusal) -> None:
    with hostile:
        assert refusal(hostile, act) is reason
        assert refusal(hostile, b"lie") is Refusal.INTERNAL, "the next file finds a child that answers"


@pytest.mark.parametrize("act", [b"connect", b"resolve", b"write", b"remove", b"run", b"fork", b"signal"])
def test_a_reader_reaches_neither_network_nor_files_nor_other_programs(hostile: Sandbox, act: bytes) -> None:
    with hostile, pytest.raises(UnreadableDocument, match=r"a reader of documents (may not|writes nothing)"):
        hostile(act, Path("file.txt"))
    assert not Path("/tmp/codecite-escaped").exists()


def test_pictures_that_a_child_sends_are_answered_within_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2]), *sys.path])
    seen: list[Picture] = []
    with Sandbox(MISBEHAVES, cpu_s=1, wall_s=2, recogniser=lambda: lambda picture: seen.append(picture) or "words") as sandbox:
        assert refusal(sandbox, b"show") is Refusal.INTERNAL, "the reply that follows the picture makes no sense"
        assert seen == [Picture(2, 2, bytes(4))]
        assert refusal(sandbox, b"show for ever") is Refusal.TIMEOUT


def test_what_is_read_in_the_child_is_what_is_read_here() -> None:
    files = {
        "rule.txt": RULE,
        "memo.docx": make_docx(),
        "rule.md": b"---\ntitle: T\nvalid_from: 2026\n---\n# Rules\n\n77336 is weekly.\n{: #f-1}\n",
    }
    with Sandbox() as sandbox:
        for name, content in files.items():
            assert sandbox(content, Path(name)) == extract(content, Path(name))


@pytest.mark.parametrize(
    ("content", "error"), [(b"", IngestError), (b"---\ntitle: [\n---\n", CorpusError), (b"\x7fELF\x00\x01", IngestError)]
)
def test_what_the_reader_refuses_is_refused_in_the_same_words(content: bytes, error: type[CodeciteError]) -> None:
    with pytest.raises(error) as here:
        read_file(content, Path("a.md"))
    with Sandbox() as sandbox, pytest.raises(error) as there:
        sandbox(content, Path("a.md"))
    assert str(there.value) == str(here.value)


def test_the_child_holds_no_secrets_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECITE_LLM_API_KEY", "canary")
    with Sandbox() as sandbox:
        sandbox(RULE, Path("rule.txt"))
        assert sandbox._child
        environment = Path(f"/proc/{sandbox._child.pid}/environ")
        if environment.exists():
            assert b"canary" not in environment.read_bytes()
