"""Files made to do harm to whoever reads them: small, and huge or endless once they are opened."""

import io
import json
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable

from tests.faults.mutations import RULES, sound_files
from tests.made_sheets import SHEET, open_document, sheet_of, with_part, workbook

Maker = Callable[[], bytes]
_BODY = "word/document.xml"
_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha ha ha ha ha ">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
_WORDS = b"77336 is billed once for every five treatments. "


def _zipped(parts: Iterable[tuple[str, bytes]]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return held.getvalue()


def _word(body: str) -> bytes:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return with_part(sound_files()[".docx"], _BODY, lambda _: f"<w:document {space}><w:body>{body}</w:body></w:document>")


def _entities(suffix: str, part: str, declared: str, used: str) -> Maker:
    def make() -> bytes:
        return with_part(sound_files()[suffix], part, lambda xml: declared + xml.rpartition("?>")[2].replace("77310", used, 1))

    return make


def _inflating(gigabytes: float) -> bytes:
    """Give an XLSX file whose one sheet unpacks to that much and whose directory says so."""
    held = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([["x"]]))) as old,
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            if name != SHEET:
                new.writestr(name, old.read(name))
        with new.open(SHEET, "w", force_zip64=True) as sheet:
            for _ in range(int(gigabytes * 100)):
                sheet.write(b" " * 10_000_000)
    return held.getvalue()


def _lying() -> bytes:
    """Give an XLSX file whose directory says that its sheet is small."""
    held, name = bytearray(_inflating(0.2)), SHEET.encode()
    place = held.rindex(name) - 46
    held[place + 24 : place + 28] = (1_000).to_bytes(4, "little")
    return bytes(held)


def _million_rows() -> bytes:
    return sheet_of("".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 1_000_001)))


def _false_dimension() -> bytes:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return with_part(sheet_of(far), SHEET, lambda xml: xml.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>', 1))


def _shared_strings() -> bytes:
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 20_001))
    return _with_strings(sheet_of(cells), "77336 " * 5_000)


def _with_strings(content: bytes, words: str) -> bytes:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return with_part(content, "xl/sharedStrings.xml", lambda _: f'<sst {space} count="1" uniqueCount="1"><si><t>{words}</t></si></sst>')


def _pdf(objects: Iterable[bytes], root: int = 1) -> bytes:
    body, places = b"%PDF-1.5\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    return body + head + table + b"trailer << /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, root, len(body))


def _one_page(stream: bytes, filters: bytes) -> bytes:
    return _pdf(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream" % (len(stream), filters, stream),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        )
    )


def _flate(size: int) -> bytes:
    packer = zlib.compressobj(1)
    words = b"BT /F1 11 Tf 40 700 Td (77336 is billed once.) Tj ET\n" * 20_000
    return b"".join([*(packer.compress(words) for _ in range(size // len(words))), packer.flush()])


def _chain() -> bytes:
    stream = _flate(50_000_000)
    for _ in range(12):
        stream = zlib.compress(stream, 1)
    return _one_page(stream, b"/FlateDecode " * 13)


def _page_loop() -> bytes:
    return _pdf(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 9 >>",
            b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R] /Count 4 >>",
        )
    )


def _many_pages(told: int, held: int) -> bytes:
    return _pdf(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b"3 0 R " * held, told),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>",
        )
    )


def _html(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head>{head}</head><body><main><h1>Physics</h1><p>{RULES[0]}</p>{body}</main></body></html>".encode()


def _styled(rules: int, nodes: int) -> bytes:
    style = "".join(f".c{n} .d{n} > p:not(.e{n}) {{display:none}} " for n in range(rules))
    return _html("".join(f'<div class="c{n} x"><p class="d{n}">{RULES[n % 30]}</p></div>' for n in range(nodes)), f"<style>{style}</style>")


def _mail(body: bytes, kind: str = "text/plain", boundary: str = "") -> bytes:
    told = f'; boundary="{boundary}"' if boundary else ""
    return f"From: a@example.org\nTo: b@example.org\nSubject: Physics\nMIME-Version: 1.0\nContent-Type: {kind}{told}\n\n".encode() + body


def _nested_mail(depth: int) -> bytes:
    content = _mail(_WORDS)
    for _ in range(depth):
        content = _mail(content, "message/rfc822")
    return content


def _nested_parts(depth: int) -> bytes:
    head = "".join(f'--b{n}\nContent-Type: multipart/mixed; boundary="b{n + 1}"\n\n' for n in range(depth))
    return _mail(head.encode() + b"--b%d\n\n" % depth + _WORDS, "multipart/mixed", "b0")


def _attachments(count: int) -> bytes:
    part = "--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=n{}.txt\n\n77336 is billed once.\n"
    return _mail("".join(map(part.format, range(count))).encode() + b"--b--\n", "multipart/mixed", "b")


def _base64_of_nothing(megabytes: int) -> bytes:
    part = b"--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=a.pdf\n\n"
    return _mail(part + b64encode(bytes(57)) * (megabytes * 13_000) + b"\n--b--\n", "multipart/mixed", "b")


def _shaped() -> bytes:
    """Give text on which a careless pattern of ours would go back and forth for ever."""
    runs = ("a" * 50_000, "1" * 50_000, "77336-" * 10_000, "7 7 3 3 6 " * 8_000, "- " * 40_000, "(" * 50_000, "Q: " * 20_000)
    more = ("Page 1 of " * 8_000, "\t \t" * 30_000, "77336, 77370, " * 5_000, "modifier " * 8_000, "." * 60_000, "?" * 60_000)
    return "\n\n".join((*runs, *more, *("MRN " * 9_000, "Mr. A " * 9_000, "A1B2C3-" * 9_000, "| " * 40_000, "=" * 60_000, *RULES))).encode()


BOMBS: dict[str, tuple[str, Maker]] = {
    "zip ratio": ("a.docx", lambda: _zipped(((_BODY, b" " * 30_000_000), ("x", b"x")))),
    "archive in an archive": ("b.docx", lambda: _zipped(((_BODY, b"<x/>"), ("word/more.zip", _zipped((("x", b"x"),)))))),
    "3,000 parts": ("c.xlsx", lambda: _zipped((f"xl/{n}.xml", b"<x/>") for n in range(3_000))),
    "sheet of 1 GB": ("d.xlsx", lambda: _inflating(1.0)),
    "sheet larger than its directory says": ("e.xlsx", _lying),
    "million laughs in Word": ("f.docx", _entities(".docx", _BODY, _LAUGHS + "]>", "&j;")),
    "million laughs in a sheet": ("g.xlsx", _entities(".xlsx", "xl/sharedStrings.xml", _LAUGHS + "]>", "&j;")),
    "outside entity in Word": ("h.docx", _entities(".docx", _BODY, '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;")),
    "false dimension": ("i.xlsx", _false_dimension),
    "a million rows": ("j.xlsx", _million_rows),
    "one long shared string in 20,000 cells": ("k.xlsx", _shared_strings),
    "shared string of 30 MB": (
        "l.xlsx",
        lambda: _with_strings(sheet_of('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'), "ab77336 " * 4_000_000),
    ),
    "rows repeated a million times": (
        "m.ods",
        lambda: open_document(
            '<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576"><table:table-cell'
            ' table:number-columns-repeated="16384"><text:p>77336</text:p></table:table-cell></table:table-row></table:table>'
        ),
    ),
    "PDF stream of 300 MB": ("n.pdf", lambda: _one_page(_flate(300_000_000), b"/FlateDecode")),
    "PDF stream packed 13 times": ("o.pdf", _chain),
    "page tree that holds itself": ("p.pdf", _page_loop),
    "two billion pages told": ("q.pdf", lambda: _many_pages(2_000_000_000, 1)),
    "100,000 pages": ("r.pdf", lambda: _many_pages(100_000, 100_000)),
    "300,000 nested elements": ("s.html", lambda: _html("<div>" * 300_000 + RULES[1])),
    "attribute of 20 MB": ("t.html", lambda: _html(f'<p style="{"color:red;" * 2_000_000}" class="{"a " * 200_000}">{RULES[1]}</p>')),
    "style block of 5,000 rules on 5,000 elements": ("u.html", lambda: _styled(5_000, 5_000)),
    "style block of 20 MB": ("v.html", lambda: _html(RULES[1], f"<style>{'a{b:c}' * 3_300_000}</style>")),
    "text that patterns trip on": ("w.txt", _shaped),
    "line of 10 MB": ("x.txt", lambda: _WORDS * 200_000),
    "word of 10 MB": ("y.txt", lambda: b"a" * 10_000_000),
    "field of 10 MB": ("z.csv", lambda: b'Code,Rule\n77336,"' + _WORDS * 200_000 + b'"\n'),
    "quote that never ends": ("aa.csv", lambda: b"Code,Rule\n" + b'77336,"billed once\n' * 200_000),
    "100,000 columns": ("ab.csv", lambda: b"Code," * 100_000 + b"\n" + b"77336," * 100_000),
    "mail in mail, 500 deep": ("ac.eml", lambda: _nested_mail(500)),
    "parts in parts, 3,000 deep": ("ad.eml", lambda: _nested_parts(3_000)),
    "10,000 attachments": ("ae.eml", lambda: _attachments(10_000)),
    "45 MB of nothing in base64": ("af.eml", lambda: _base64_of_nothing(45)),
    "JSON 200,000 deep": ("ag.jsonl", lambda: b'{"text": ' + b"[" * 200_000 + b"]" * 200_000 + b"}\n"),
    "JSON number of a million digits": ("ah.jsonl", lambda: b'{"text": "77336 is billed once", "n": ' + b"9" * 1_000_000 + b"}\n"),
    "UTF-16 garbage": ("ai.txt", lambda: b"\xff\xfe" + bytes(range(256)) * 4_000 + b"\xd8"),
    "Word with a million runs": ("aj.docx", lambda: _word("<w:p>" + "<w:r><w:t>77336 </w:t></w:r>" * 1_000_000 + "</w:p>")),
    "tables in tables, 300 deep": ("ak.docx", lambda: _word("<w:tbl><w:tr><w:tc>" * 300 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 300)),
    "brackets and quotes of Markdown": (
        "al.md",
        lambda: b"> " * 50_000 + b"\n\n" + b"[" * 100_000 + b"\n\n" + b"* " * 50_000 + b"\n\n" + _WORDS,
    ),
    "front matter that refers to itself": ("am.md", lambda: b"---\na: &a [" + b"*a, " * 10_000 + b"]\n---\n\n# X\n\n" + _WORDS),
    "front matter of laughs": (
        "an.md",
        lambda: (
            "---\na0: &a0 ha\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
            + f"---\n\n# X\n\n{RULES[0]}"
        ).encode(),
    ),
    "JSON lines of 2,000 fields": ("ao.jsonl", lambda: (json.dumps({f"f{n}": RULES[0] for n in range(2_000)}) + "\n").encode() * 60),
}
"""By name: the file's name and what makes it."""
