"""A hundred hostile file names as uploads, attachments, members of archives and files on disk: nothing is written elsewhere."""

import io
import os
import unicodedata
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from ingest.build import UPLOAD, Source, ingest, user_sources
from ingest.library import open_writer
from ingest.names import bare_name
from tests import support
from tests.attacks import hidden
from tests.attacks.names import NAMES

ELSEWHERE = (Path("/tmp/escaped.md"), Path.home() / "escaped.md", Path("/escaped.md"))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory deep in a folder that is else empty, and is the one worked in."""
    work = tmp_path / "a" / "b" / "work"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    return work / "data"


def outside(data: Path) -> list[str]:
    """Give every file around the data directory, and those that a name might have led to."""
    top = data.parents[3]
    found = [path for path in top.rglob("*") if path.is_file() and data not in path.parents]
    return sorted(str(path) for path in (*found, *(path for path in ELSEWHERE if path.exists())))


def is_bare(name: str) -> bool:
    kinds = {unicodedata.category(c)[0] for c in name} | {unicodedata.category(c) for c in name if unicodedata.category(c)[0] == "Z"}
    return (
        len(name) <= 120
        and unicodedata.normalize("NFKC", name) == name
        and not set("/\\") & set(name)
        and not kinds & {"C", "Zl", "Zp"}
        and name not in {".", ".."}
    )


def test_100_names_are_shown_bare_and_short() -> None:
    assert len(set(NAMES)) == 100
    assert [ascii(name) for name in NAMES if not is_bare(bare_name(name))] == []


def test_uploads_under_100_names_write_nothing_elsewhere(data: Path) -> None:
    names = [bare_name(name) or "unnamed" for name in NAMES]
    sources = tuple(Source(f"{UPLOAD}{name}", Path(name), f"77336 rule {n} holds.\n".encode()) for n, name in enumerate(names))
    with open_writer(data) as library:
        reports = ingest(library, support.HashEmbedder(), sources, by_hand={}, added_at="2026-01-01")
        paths = [document.path.removeprefix(UPLOAD) for document, _, _ in library.documents()]
    assert len(reports) == len(NAMES)
    assert [path for path in paths if not is_bare(path)] == []
    assert outside(data) == []


def test_attachments_and_members_of_archives_under_100_names_write_nothing_elsewhere(data: Path) -> None:
    sources = [Source(f"{UPLOAD}{n}.eml", Path(f"{n}.eml"), mail(range(n, n + 50))) for n in (0, 50)]
    for kind in ("docx", "xlsx"):
        sources.append(Source(f"{UPLOAD}a.{kind}", Path(f"a.{kind}"), with_members(hidden.clean(kind))))
    with open_writer(data) as library:
        reports = ingest(library, support.HashEmbedder(), sources, by_hand={}, added_at="2026-01-01")
        places = [place.label for d, _, _ in library.documents() for passage in library.passages(d.id) for place in passage.places]
    assert all(report.document_id or report.refusal for report in reports)
    assert [n for n in range(len(NAMES)) if not any(f"rule {n}." in text for text in support.texts(data))] == []
    assert [place for place in places if any(unicodedata.category(c)[0] == "C" for c in place)] == []
    assert outside(data) == []


def mail(numbers: range) -> bytes:
    """Give a message with an attachment under each of these names, every character of them in its own octets."""
    parts = ["--x\r\nContent-Type: text/plain\r\n\r\n77336 may be billed weekly."]
    for number in numbers:
        name = quote(NAMES[number].encode("utf-8", "surrogateescape"), safe="")
        head = f"Content-Type: text/plain\r\nContent-Disposition: attachment; filename*=utf-8''{name}"
        parts.append(f"--x\r\n{head}\r\n\r\n77370 rule {number}.")
    top = "From: a@b.example\r\nTo: c@d.example\r\nSubject: Names\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    return (top + "\r\n".join(parts) + "\r\n--x--\r\n").encode()


def with_members(content: bytes) -> bytes:
    """Give an office file with a member more under each name."""
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a") as archive:
        held = set(archive.namelist())
        for name in dict.fromkeys(name.encode("utf-8", "replace").decode().partition("\0")[0] for name in NAMES):
            if name and name not in held:
                archive.writestr(name, b"escaped")
    return out.getvalue()


def test_files_on_disk_under_every_name_that_a_disk_takes_stay_where_they_are(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "files"
    folder.mkdir()
    made = 0
    for number, name in enumerate(NAMES):
        raw = os.fsencode(name.replace("/", "_").encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"))
        if raw in {b"", b".", b".."} or b"\0" in raw or len(raw) > 250:
            continue
        with open(os.path.join(os.fsencode(folder), raw), "w") as file:  # noqa: PTH118, PTH123  # a path of bytes
            file.write(f"77336 rule {number} holds.\n")
        made += 1
    before = outside(data)
    with open_writer(data) as library:
        reports = ingest(library, support.HashEmbedder(), user_sources([folder]), by_hand={}, added_at="2026-01-01")
    assert made > 70
    assert len(reports) > 40
    assert outside(data) == before
