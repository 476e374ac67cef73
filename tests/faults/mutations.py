"""Sound files of eight formats, and seeded mutations of them: bits, bytes, chunks, cuts and splices."""

import io
import json
import random
import zipfile
from email.message import EmailMessage
from functools import cache

import docx

from tests import support
from tests.made_pdf import drawn, lines
from tests.made_sheets import workbook

RULES = tuple(f"77{number} is billed once for every {number % 9 + 2} treatments, says the physicist." for number in range(310, 340))
_EDGES = (
    b"\x00",
    b"\xff" * 8,
    b"\xff\xfe",
    b"<" * 200,
    b"(" * 200,
    b"PK\x05\x06",
    b"%PDF-1.4 ",
    b"\r\n\r\n",
    b'"',
    b"&#x0;",
    b"2147483648",
)


@cache
def sound_files() -> dict[str, bytes]:
    """Give one sound file of each format, by suffix."""
    rows = [("Code", "Rule"), *((rule[:5], rule) for rule in RULES)]
    page = "".join(f"<h2>{rule[:5]}</h2><p>{rule}</p><table><tr><th>Code<td>{rule[:5]}</table>" for rule in RULES)
    return {
        ".pdf": drawn(lines(*RULES[:20]), lines(*RULES[20:])),
        ".docx": _document(),
        ".xlsx": workbook(rows),
        ".html": f"<!doctype html><html><head><style>.no {{display:none}}</style></head><body><main>{page}</main></body></html>".encode(),
        ".eml": _mail(),
        ".csv": "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode(),
        ".jsonl": "\n".join(json.dumps({"title": rule[:5], "text": rule}) for rule in RULES).encode(),
        ".md": (support.SOCIETY + "\n\n".join(RULES)).encode(),
    }


def mutated(suffix: str, seed: int) -> bytes:
    """Give a file with one to eight mutations; of a zipped one, every other seed changes a part and packs it again."""
    chance = random.Random(f"{suffix} {seed}")
    content = sound_files()[suffix]
    if suffix in {".docx", ".xlsx"} and seed % 2:
        return _repacked(content, chance)
    return _changed(content, chance)


def _changed(content: bytes, chance: random.Random) -> bytes:
    held = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        if not held:
            break
        place, length = chance.randrange(len(held)), chance.randint(1, max(2, len(held) // 4))
        match chance.choice(("bit", "byte", "remove", "repeat", "cut", "splice", "edge", "shuffle")):
            case "bit":
                held[place] ^= 1 << chance.randrange(8)
            case "byte":
                held[place] = chance.randrange(256)
            case "remove":
                del held[place : place + length]
            case "repeat":
                held[place:place] = held[place : place + length] * chance.randint(1, 3)
            case "cut":
                del held[max(1, place) :]
            case "splice":
                other = chance.choice(list(sound_files().values()))
                start = chance.randrange(len(other))
                held[place : place + length] = other[start : start + length]
            case "edge":
                held[place:place] = chance.choice(_EDGES)
            case "shuffle":
                part = list(held[place : place + length])
                chance.shuffle(part)
                held[place : place + length] = bytes(part)
    return bytes(held)


def _repacked(content: bytes, chance: random.Random) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = chance.choice([name for name in names if name.endswith(".xml")])
        for name in names:
            new.writestr(name, _changed(old.read(name), chance) if name == chosen else old.read(name))
    return held.getvalue()


def _document() -> bytes:
    document = docx.Document()
    for rule in RULES:
        document.add_heading(rule[:5], 2)
        document.add_paragraph(rule)
    table = document.add_table(rows=3, cols=2)
    for row in table.rows:
        row.cells[0].text, row.cells[1].text = "77336", "one"
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def _mail() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "consultant@example.org", "practice@example.org", "Physics billing"
    mail.set_content("\n\n".join(RULES))
    mail.add_alternative(f"<p>{'</p><p>'.join(RULES)}</p>", subtype="html")
    mail.add_attachment(workbook([RULES[:3]]), maintype="application", subtype="octet-stream", filename="rates.xlsx")
    return mail.as_bytes()
