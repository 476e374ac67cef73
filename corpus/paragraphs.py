"""Cut a digest into its paragraphs, one fact each."""

import re
from dataclasses import dataclass

from corpus.front_matter import FrontMatter, split_front_matter

_ATTRIBUTE_LINE = re.compile(r'\{: #(?P<fact_id>[\w-]+)(?P<pairs>(?: \w+="[^"]*")*)\}')
_PAIR = re.compile(r' (\w+)="([^"]*)"')
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class DigestParagraph:
    """Hold one fact; `fact_id` is empty where the attribute line is missing or malformed."""

    heading: str
    text: str
    fact_id: str = ""
    attributes: tuple[tuple[str, str], ...] = ()

    def attribute(self, name: str) -> str:
        """Return the value of an attribute, empty where it is not set."""
        return dict(self.attributes).get(name, "")


@dataclass(frozen=True, slots=True)
class Digest:
    """Hold the digest of one source page."""

    front_matter: FrontMatter
    paragraphs: tuple[DigestParagraph, ...]


def read_digest(text: str) -> Digest:
    """Read a digest; raise `CorpusError` when its front matter is malformed."""
    front_matter, body_start = split_front_matter(text)
    heading, paragraphs = "", []
    for block in filter(None, map(str.strip, _BLANK_LINE.split(text[body_start:]))):
        if block.startswith("#"):
            heading = block.lstrip("# ")
        else:
            paragraphs.append(_paragraph(heading, block))
    return Digest(front_matter, tuple(paragraphs))


def _paragraph(heading: str, block: str) -> DigestParagraph:
    text, _, last_line = block.rpartition("\n")
    match = _ATTRIBUTE_LINE.fullmatch(last_line)
    if match is None:
        return DigestParagraph(heading, block)
    return DigestParagraph(heading, text, match["fact_id"], tuple(_PAIR.findall(match["pairs"])))
