"""What the size of passages and the heading lent to them are worth: Codecite's own splitter and retriever, one thing changed at a time.

    python -m benchmarks.passages [--papers N] [--data FOLDER] [--json FILE]

The papers of covidqa are cut by size; the digests, stripped of front matter and fact lines so that they are cut like
anyone's pages, serve the golden questions of the dev split. A fact line makes its paragraph a passage whatever the size.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np

from assistant.question import read_question
from assistant.settings import Settings
from assistant.wiring import open_assistant
from benchmarks import sets
from benchmarks.peers.trial import LIMIT
from benchmarks.scoring import QuestionScore, Scores, cuts_of, interval, score
from benchmarks.sets import QuestionSet
from benchmarks.timing import machine
from corpus.digests import digest_root
from ingest import build, split
from ingest.embed import PACKAGED, Embedder, OnnxEmbedder, ReferenceEmbedder, Vectors, identity_of, model_folder, runtime_identity
from ingest.library import open_writer

if TYPE_CHECKING:
    from ingest.embed import Encoded

WORK = Path("build/bench")
_FACT_LINE = re.compile(r"^\{: #f-[^\n]*\}\n?", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cut:
    """A way of cutting: whole sentences within `max_chars`, no overlap; `heading` is embedded before them or not."""

    max_chars: int
    heading: bool = True


PRESENT = Cut(split.MAX_CHARS)
CUTS = (Cut(300), PRESENT, Cut(900), Cut(1200), Cut(600, heading=False))


class Without:
    """An embedder that reads each text as `instead` has it."""

    def __init__(self, embedder: Embedder, instead: Mapping[str, str]) -> None:
        self._embedder = embedder
        self._instead = instead
        self.identity, self.dimension = embedder.identity, embedder.dimension

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        """Give one unit vector per text."""
        return self._embedder.encode([self._instead.get(text, text) for text in texts], advance)

    def encode_with_tokens(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> "Encoded":
        """Give one unit vector per text, and the vectors of its tokens."""
        return self._embedder.encode_with_tokens([self._instead.get(text, text) for text in texts], advance)


def main() -> None:
    """Cut, embed and ask in every way, on both sets, and print a table for each."""
    given = _arguments()
    embedder = OnnxEmbedder(exported())
    record: dict[str, object] = {"machine": machine()}
    for asked, write in ((sets.covidqa(given.papers, given.data), write_papers), (sets.golden("dev"), _write_digests)):
        with tempfile.TemporaryDirectory() as folder:
            names = write(asked, Path(folder))
            found = {cut: measure(asked, cut, names, embedder) for cut in CUTS}
        print(f"\n{asked.name}: {len(asked.documents)} documents, {len(asked.questions)} questions; {machine()}\n\n{table(found)}")
        record[asked.name] = [{"max_chars": c.max_chars, "heading": c.heading, "scores": _plain(s)} for c, (_, s) in found.items()]
    if given.json:
        given.json.write_text(json.dumps(record))


def table(found: dict[Cut, tuple[int, dict[str, list[QuestionScore]]]]) -> str:
    """Give the Markdown table of each cut's number of passages and scores, with the difference to the present cut."""
    ways = list(found[PRESENT][1])
    head = ["passages up to, characters", "heading embedded", "passages"]
    head += [cell for way in ways for cell in (f"{way}: nDCG@10", "difference", "recall@5", "answer in 4,000 characters")]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for cut, (count, scores) in found.items():
        cells = [str(cut.max_chars), "yes" if cut.heading else "no", f"{count:,}"]
        for way in ways:
            ndcg, base = _values(scores[way], "ndcg"), _values(found[PRESENT][1][way], "ndcg")
            low, high = interval(ndcg - base)
            apart = "" if cut == PRESENT else f"{(ndcg - base).mean():+.3f} [{low:+.3f}, {high:+.3f}]"
            cells += [f"{ndcg.mean():.3f}", apart, *(f"{_values(scores[way], key).mean():.3f}" for key in ("recall", "in_context"))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def measure(asked: QuestionSet, cut: Cut, names: dict[str, Path], embedder: Embedder) -> tuple[int, dict[str, list[QuestionScore]]]:
    """Build a library under one cut; give its number of passages, and the scores of dense search and of the whole retriever."""
    print(f"{asked.name}, {cut} …", file=sys.stderr)
    sources = build.user_sources(names.values())
    with tempfile.TemporaryDirectory() as folder, patch.object(split, "MAX_CHARS", cut.max_chars):
        reader = embedder if cut.heading else Without(embedder, _bare(sources))
        with open_writer(Path(folder)) as library:
            build.ingest(library, reader, sources, by_hand={}, added_at="")
        with open_assistant(Settings(data_dir=Path(folder)), embedder=reader) as assistant:
            ids = {str(path.resolve()): name for name, path in names.items()}
            entries = assistant.library.documents()
            passages = [(ids[document.path], passage) for document, *_ in entries for passage in assistant.library.passages(document.id)]
            numbers = {passage.id: number for number, (_, passage) in enumerate(passages)}
            retriever = assistant.retriever  # nothing public hands it out, and no part is chosen here
            read = [read_question(q.text, date.fromisoformat(q.as_of), q.payer) for q in asked.questions]
            whole = [[numbers[hit.passage.id] for hit in retriever.find(question)] for question in read]
        dense = _nearest([split.embedding_texts(passage) for _, passage in passages], [q.text for q in asked.questions], reader)
    ranked = {"dense": dense, "whole retriever": whole}
    return len(passages), {way: _scores(asked, [(doc, p.text) for doc, p in passages], found) for way, found in ranked.items()}


def _bare(sources: Sequence[build.Source]) -> dict[str, str]:
    """Give for each text to embed the same without its heading."""
    passages = [passage for source in sources for passage in split.split(build.read_source(source, {}, ""))]
    pairs = [(split.embedding_texts(passage), split.embedding_texts(replace(passage, section=()))) for passage in passages]
    return {led: bare for with_lead, without in pairs for led, bare in zip(with_lead, without, strict=True)}


def _scores(asked: QuestionSet, pieces: list[tuple[str, str]], found: list[list[int]]) -> list[QuestionScore]:
    cuts = cuts_of(pieces, {document.id: document.text for document in asked.documents})
    return [score(ranked, targets, cuts) for ranked, targets in zip(found, asked.targets, strict=True)]


def _nearest(texts: Sequence[tuple[str, ...]], questions: Sequence[str], embedder: Embedder) -> list[list[int]]:
    """Give for each question the passages by the best cosine of their texts."""
    owners = np.repeat(np.arange(len(texts)), [len(group) for group in texts])
    vectors = embedder.encode([text for group in texts for text in group])
    ranked = []
    for cosines in embedder.encode(questions) @ vectors.T:
        best = np.full(len(texts), -1.0)
        np.maximum.at(best, owners, cosines)
        ranked.append([int(number) for number in np.argsort(-best, kind="stable")[:LIMIT]])
    return ranked


def write_papers(asked: QuestionSet, folder: Path) -> dict[str, Path]:
    """Write the documents as text files; give each by the document's id."""
    names = {document.id: folder / document.path for document in asked.documents}
    for document in asked.documents:
        names[document.id].write_text(document.text, encoding="utf-8")
    return names


def _write_digests(asked: QuestionSet, folder: Path) -> dict[str, Path]:
    """Write the digests without front matter and fact lines."""
    names = {document.id: folder / f"{number}.md" for number, document in enumerate(asked.documents)}
    for name, file in names.items():
        source = (digest_root() / name.removeprefix(build.SHIPPED)).read_text(encoding="utf-8")
        file.write_text(_FACT_LINE.sub("", _FRONT_MATTER.sub("", source)), encoding="utf-8")
    return names


def exported() -> Path:
    """Give the folder of the encoder that ships, exported where it is missing or another's."""
    folder = WORK / "runtime"
    if runtime_identity(folder) != identity_of(PACKAGED, model_folder(PACKAGED)):
        ReferenceEmbedder().export(folder)
    return folder


def _values(scores: Sequence[QuestionScore], key: str) -> Scores:
    return np.array([getattr(each, key) for each in scores])


def _plain(scores: dict[str, list[QuestionScore]]) -> dict[str, list[float]]:
    return {way: [each.ndcg for each in found] for way, found in scores.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--papers", type=int, default=20, help="of covidqa (default 20; 98 are all)")
    parser.add_argument("--data", type=Path, default=sets.DATA, help=f"the folder that holds covidqa (default {sets.DATA})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every nDCG to FILE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
