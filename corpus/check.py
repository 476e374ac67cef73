"""Check that the shipped sources, registry and glossary are complete and agree with each other."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import chain
from pathlib import Path

from corpus.digests import digest_paths
from corpus.errors import CorpusError
from corpus.front_matter import FrontMatter
from corpus.glossary import load_glossary
from corpus.paragraphs import Digest, DigestParagraph, read_digest
from corpus.registry import CodeEntry, load_codes

_CODE = re.compile(r"(?<![\w.$])(?:[A-V]\d{4}|\d{4}[FTU]|\d{5})(?!\w)")
# "70000-79999" names a chapter of the code set, not two codes.
_CHAPTER = re.compile(r"\b\d{2}000-\d{2}999\b")
_MODIFIER = r"(?:[A-Z][A-Z0-9]|\d{2})\b"
_MODIFIERS = re.compile(rf"\b[Mm]odifiers? ({_MODIFIER}(?:(?:, and |, or |, | and | or ){_MODIFIER})*)")
_REQUIRED = ("title", "publisher", "authority", "payer", "basis", "licence")
_ATTRIBUTES = {"topic", "valid_from", "valid_to", "payer", "basis", "conflicts"}
_UNSOURCED = {"code", "kind", "family", "sources"}


def check_corpus() -> list[str]:
    """Return one line per problem in what ships, none when all is well."""
    digests, problems = _read_digests(digest_paths())
    problems += check_digests(digests, load_codes())
    paragraphs = [paragraph for digest in digests.values() for paragraph in digest.paragraphs]
    problems += check_registry(load_codes(), {paragraph.fact_id for paragraph in paragraphs})
    return problems + check_glossary(load_glossary())


def check_digests(digests: Mapping[str, Digest], codes: Mapping[str, CodeEntry]) -> list[str]:
    """Return the problems of digests, given by name."""
    problems = [
        f"{name}: {problem}"
        for name, digest in digests.items()
        for problem in (
            *_front_matter_problems(digest.front_matter),
            *_paragraph_problems(digest.paragraphs, codes),
        )
    ]
    return problems + _fact_problems([p for digest in digests.values() for p in digest.paragraphs])


def check_registry(codes: Mapping[str, CodeEntry], fact_ids: set[str]) -> list[str]:
    """Return the fields without a source, the sources without a fact and the successors without an entry."""
    problems = []
    for code, entry in codes.items():
        sources = dict(entry.sources)
        problems += [f"{code}: {name} has no source" for name in _filled(entry) - sources.keys()]
        problems += [f"{code}: {name} is not filled but has a source" for name in sources.keys() - _filled(entry)]
        problems += [f"{code}: source {fact} is in no digest" for fact in sources.values() if fact not in fact_ids]
        problems += [f"{code}: successor {new} is not in the registry" for new in entry.replaced_by if new not in codes]
    return sorted(problems)


def check_glossary(glossary: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the terms that are not lower case and the expansions that name a code."""
    problems = [f"glossary: {term!r} is not lower case" for term in glossary if term != term.lower()]
    return problems + [
        f"glossary: {term!r} expands to a code: {expansion!r}"
        for term, expansions in glossary.items()
        for expansion in expansions
        if _codes_in(expansion)
    ]


def _read_digests(paths: Iterable[Path]) -> tuple[dict[str, Digest], list[str]]:
    digests, problems = {}, []
    for path in paths:
        name = f"{path.parent.name}/{path.name}"
        try:
            digests[name] = read_digest(path.read_text(encoding="utf-8"))
        except CorpusError as error:
            problems.append(f"{name}: {error}")
    return digests, problems


def _front_matter_problems(front_matter: FrontMatter) -> Iterator[str]:
    stated = front_matter.model_fields_set
    yield from (f"front matter lacks {name}" for name in _REQUIRED if name not in stated)


def _paragraph_problems(paragraphs: Iterable[DigestParagraph], codes: Mapping[str, CodeEntry]) -> Iterator[str]:
    for paragraph in paragraphs:
        start = paragraph.text[:40]
        if not paragraph.fact_id:
            yield f"no source line under {start!r}"
        if unknown := {name for name, _ in paragraph.attributes} - _ATTRIBUTES:
            yield f"unknown attributes {sorted(unknown)} under {start!r}"
        for code in sorted(_codes_in(f"{paragraph.heading}\n{paragraph.text}") - codes.keys()):
            yield f"code {code} of {paragraph.fact_id} is not in the registry"


def _codes_in(text: str) -> set[str]:
    codes = _CODE.findall(_CHAPTER.sub(" ", text))
    modifiers = (re.findall(_MODIFIER, group) for group in _MODIFIERS.findall(text))
    return {*codes, *chain.from_iterable(modifiers)}


def _fact_problems(paragraphs: Iterable[DigestParagraph]) -> list[str]:
    ids = Counter(paragraph.fact_id for paragraph in paragraphs if paragraph.fact_id)
    links = {(p.fact_id, other) for p in paragraphs for other in p.attribute("conflicts").split()}
    problems = [f"{fact}: used {count} times" for fact, count in ids.items() if count > 1]
    problems += [f"{fact}: conflicts with {other}, which is in no digest" for fact, other in links if other not in ids]
    problems += [f"{fact}: {other} does not name it as a conflict" for fact, other in links if (other, fact) not in links]
    return sorted(problems)


def _filled(entry: CodeEntry) -> set[str]:
    return {field.name for field in fields(entry) if getattr(entry, field.name)} - _UNSOURCED
