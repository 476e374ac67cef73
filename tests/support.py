"""What tests of several folders share: small documents of our own, and libraries built from them."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from axe_playwright_python.base import AxeResults

from ingest.build import FileReport, Outcome, ingest, user_sources
from ingest.embed import Encoded, OnnxEmbedder, Vectors
from ingest.library import open_reader, open_writer

SOCIETY = """---
title: "Physics services, questions and answers"
publisher: "Example Society of Physics"
authority: specialty society
url: "https://society.example/physics"
edition: "2026 edition"
valid_from: 2026-01-01
payer: "all"
basis: stated
---

# Physics services, questions and answers

## 77370 special physics consultation

Yes, 77370 may be billed after treatment ends when a physician asks in writing for an analysis of past treatment.
{: #f-t-01 topic="billing"}

A written report signed by the physicist must be in the record of the patient before 77370 is billed.
{: #f-t-02 topic="documentation"}

## 77336 continuing physics

77336 may be billed once for every five treatments, whatever the number of days between them.
{: #f-t-03 topic="frequency" conflicts="f-t-11"}
"""

PAYER = """---
title: "Radiation payment policy"
publisher: "Example Health Plan"
authority: payer
url: "https://plan.example/policy"
valid_from: 2026-04-01
payer: "Example Health Plan"
basis: stated
---

# Radiation payment policy

## 77336 continuing physics

77336 may be billed only once for a course of treatment under this policy, whatever its number of treatments.
{: #f-t-11 topic="frequency" conflicts="f-t-03"}
"""

LATER = """---
title: "Modifier notes"
publisher: "Example Association"
authority: coding association
payer: "all"
basis: stated
---

# Modifier notes

## 77371 modifiers

No, 77371 does not need modifier 26 or modifier TC, because 77371 is a technical service only.
"""

PAYLOADS = (
    "![x](http://attacker.test/md.png)",
    "<script>window.__pwned = 1</script>",
    '<img src="http://attacker.test/i.png" onerror="window.__pwned = 1">',
    "https://attacker.test/link",
    "[click](javascript:window.__pwned=1)",
)


def hostile(title: str = " ".join(PAYLOADS)) -> str:
    """Give a document whose every field that a page shows carries attacks."""
    quoted = title.replace("'", "''")
    return f"""---
title: '{quoted}'
publisher: '{quoted}'
authority: forum
url: "https://attacker.test/document"
edition: '{quoted}'
payer: '{quoted}'
basis: stated
---

# Notes on hyperthermia

77600 hyperthermia may be billed twice weekly, says {PAYLOADS[0]} and {PAYLOADS[3]}.

77600 hyperthermia must be documented with &lt;script&gt;window.__pwned = 1&lt;/script&gt; in the record.
"""


def add_documents(data_dir: Path, documents: dict[str, str]) -> None:
    """Bring `documents`, contents by file name, into the library in `data_dir`; its encoder must be there."""
    folder = data_dir / "files"
    folder.mkdir(exist_ok=True)
    for name, content in documents.items():
        (folder / name).write_text(content, encoding="utf-8")
    with open_writer(data_dir) as library:
        reports = ingest(library, OnnxEmbedder(data_dir / "runtime"), user_sources([folder]), by_hand={}, added_at="2026-01-01")
    refused = [report for report in reports if report.outcome is Outcome.REFUSED]
    assert not refused, refused


def build_library(data_dir: Path, runtime: Path, documents: dict[str, str]) -> Path:
    """Make a data directory with the encoder, linked for its 90 MB, and a library of `documents`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copytree(runtime, data_dir / "runtime", copy_function=os.link)
    add_documents(data_dir, documents)
    return data_dir


def make_pdf(pages: list[str]) -> bytes:
    """Give a PDF with these pages, each with its lines of text; an empty one has no text, as a scan has none."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in pages:
        lines = " 0 -14 Td ".join(f"({line}) Tj" for line in text.split("\n"))
        stream = f"BT /F1 11 Tf 40 700 Td {lines} ET".encode() if text else b""
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        parts = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(parts.encode())
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def bring(data_dir: Path, files: dict[str, str], **by_hand: str) -> tuple[FileReport, ...]:
    """Write `files`, contents by name, below `data_dir` and ingest that folder with the fake embedder."""
    place = data_dir / "files"
    place.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (place / name).write_text(content)
    with open_writer(data_dir) as library:
        return ingest(library, HashEmbedder(), user_sources([place]), by_hand=by_hand, added_at="2026-01-01")


def outcomes(reports: Sequence[FileReport]) -> list[str]:
    """Give what became of each file."""
    return [report.outcome.value for report in reports]


def texts(data_dir: Path) -> list[str]:
    """Give every passage that a reader of the library finds."""
    with open_reader(data_dir) as library:
        return [p.text for document, _, _ in library.documents() for p in library.passages(document.id)]


def state(data_dir: Path) -> tuple[str, int]:
    """Give digest and revision of a library."""
    with open_reader(data_dir) as library:
        return library.digest(), library.revision()


class HashEmbedder:
    """A fake embedder: each word has a direction of its own, so texts that share words are alike."""

    identity = "hash@1"
    dimension = 64

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        """Give one unit vector per text."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                rows[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dimension] += 1.0
        if advance:
            advance(len(texts))
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    def encode_with_tokens(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Encoded:
        """Give what `encode` gives, and no token vectors."""
        return Encoded(self.encode(texts, advance), (np.zeros((0, 0), dtype=np.int8),) * len(texts))


def serious_barriers(results: Iterable[AxeResults]) -> list[tuple[int, str, list[str]]]:
    """Give what axe found serious or critical on pages, each with the number of the page and the elements."""
    return [
        (number, violation["id"], [node["html"][:160] for node in violation["nodes"]])
        for number, result in enumerate(results)
        for violation in result.response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
