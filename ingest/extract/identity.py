"""Tell title and publisher from the words of a document that does not declare them."""

import re
from collections import Counter

from ingest.codes import find_codes
from ingest.documents import BlockKind
from ingest.extract.blocks import RawBlock

_HOLDER = re.compile(
    r"(?:©|\(c\)|(?i:copyright))[\s©]*(?i:copyright\s*)?(?:\d{4}(?:\s*[-–]\s*\d{4})?\s*)?(?:by\s+)?([A-Z][\w&.,' -]{1,60}?)(?:\.\s|\.$|,? (?:Inc|LLC|Ltd)\b|\s+All\b|$)"
)
_OWNERS = (
    re.compile(r"\b([A-Z][\w&-]{2,40}) nor any of its (?:officers|directors|employees)"),
    re.compile(
        r"^\W*([A-Z]?[\w&-]+(?:™|®)?(?: [A-Z][\w&-]*){0,3})['’]s (?:knowledge|content|website|information) is\b",
        re.MULTILINE | re.IGNORECASE,
    ),
)
_LICENSORS = ("american medical association", "ama", "american dental association")
_GENERIC = re.compile(
    r"^(?:summary|overview|summary (?:&|and) overview|official description|description|introduction|contents|home)$", re.IGNORECASE
)


def guess_title(blocks: tuple[RawBlock, ...]) -> str:
    """Give the first line that titles the content, or the code that the text is mostly about, or ""."""
    content = [b for b in blocks if b.kind is not BlockKind.BOILERPLATE]
    headings = [b for b in content[:6] if b.kind is BlockKind.HEADING and not _GENERIC.match(b.text)]
    titles = [b.text for b in headings if find_codes(b.text)] + [b.text for b in headings if b.level == 1 or b is content[0]]
    if titles:
        return titles[0]
    codes = Counter(m.code for b in content for m in find_codes(b.text))
    if not codes:
        return ""
    kind = "Questions and answers on" if any(b.kind is BlockKind.QUESTION for b in content) else "Code"
    return f"{kind} {codes.most_common(1)[0][0]}"


def guess_publisher(blocks: tuple[RawBlock, ...]) -> str:
    """Give who owns the text by its own notices, or ""; a licensor of code sets is not the publisher."""
    text = "\n".join(b.text for b in blocks)
    holders = [m[1].strip(" .,") for m in _HOLDER.finditer(text)]
    owners = [name for name in holders if name.lower() not in _LICENSORS]
    for pattern in _OWNERS:
        owners += [m[1].strip() for m in pattern.finditer(text)]
    return re.sub(r"[™®]", "", owners[0]) if owners else ""
