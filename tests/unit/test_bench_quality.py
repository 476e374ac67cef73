import json
import sys
from dataclasses import asdict, replace

import pytest

from benchmarks import passages, quality, sets
from benchmarks.peers import trial
from benchmarks.peers.trial import Document, Piece, Question
from benchmarks.scoring import target_at
from benchmarks.sets import QuestionSet
from corpus.errors import EvalError
from tests.support import HashEmbedder

SENTENCES = tuple(
    f"The {organ} of the {animal} was studied for {n + 2} months and its {organ} {verb} markedly under {light} light."
    for n, (organ, animal, verb, light) in enumerate(
        zip(
            ("kidney", "retina", "spleen", "larynx", "cortex", "tendon", "thymus", "pelvis", "glottis", "omentum"),
            ("lynx", "heron", "otter", "badger", "walrus", "ferret", "gecko", "python", "ibex", "marmot"),
            ("shrank", "grew", "healed", "swelled", "hardened", "paled", "softened", "darkened", "split", "faded"),
            ("violet", "green", "amber", "polar", "blue", "red", "white", "pink", "grey", "dim"),
            strict=True,
        )
    )
)
PADDING = " Nothing else of note was seen in this group, and the animals were returned to the wild in good health afterwards." * 3
TEXT = "\n\n".join(sentence + PADDING for sentence in SENTENCES)


@pytest.fixture
def paper() -> QuestionSet:
    """One paper with ten questions."""
    starts = [TEXT.index(sentence) for sentence in SENTENCES]
    questions = tuple(Question(f"What happened to the {s.split()[1]} of the {s.split()[4]}?", "2026-01-01") for s in SENTENCES)
    targets = tuple((target_at("1", TEXT, start, start + len(s)),) for start, s in zip(starts, SENTENCES, strict=True))
    return QuestionSet("covidqa", (Document("1", "A paper", TEXT, "1.txt"),), questions, targets)


def test_codecite_finds_the_sentences_of_a_paper(paper, tmp_path):
    count, scores = passages.measure(paper, passages.PRESENT, passages.write_papers(paper, tmp_path), HashEmbedder())
    assert count == 10
    assert all(each.reachable == 1.0 for each in scores["whole retriever"])
    assert [each.recall for each in scores["whole retriever"]] == [1.0] * 10


def test_smaller_passages_are_more_and_the_splitter_is_left_as_it_was(paper, tmp_path):
    names = passages.write_papers(paper, tmp_path)
    count, _ = passages.measure(paper, passages.Cut(300), names, HashEmbedder())
    assert count > 10
    assert passages.PRESENT.max_chars == passages.split.MAX_CHARS


class Lines:
    """A peer whose passages are paragraphs and that finds them by the words that they share with the question."""

    def __init__(self, *_):
        pass

    def ingest(self, documents):
        self.pieces = [Piece(d.id, part) for d in documents for part in d.text.split("\n\n")]
        return self.pieces

    def find(self, question):
        words = set(question.text.strip("?").split())
        return sorted(self.pieces, key=lambda piece: -len(words & set(piece.text.split())))[: trial.LIMIT]


def test_a_peers_run_is_graded_and_shown(paper, tmp_path, monkeypatch):
    for name in ("documents", "questions"):
        (tmp_path / name).write_text("".join(json.dumps(asdict(line)) + "\n" for line in getattr(paper, name)))
    out = tmp_path / "out.json"
    given = [f"--documents={tmp_path / 'documents'}", f"--questions={tmp_path / 'questions'}", "--model=none", f"--out={out}"]
    monkeypatch.setattr(sys, "argv", ["peer", *given])
    trial.run(Lines)
    result = quality.grade(json.loads(out.read_text()), paper)
    assert (result.passages, result.unplaced) == (10, 0)
    assert quality.values(result, "ndcg").tolist() == [1.0] * 10
    shown = quality.table({"langchain": result, "codecite": result}, len(TEXT)).splitlines()
    poorer = replace(result, scores=(replace(result.scores[0], ndcg=0.0), *result.scores[1:]))
    told = quality.closest({"langchain": poorer, "haystack": result, "codecite": poorer})
    assert "Haystack" in told
    assert "-0.100 [" in told
    assert "| **Codecite** | 10 | 1.000 [1.000, 1.000] | +0.000 [+0.000, +0.000] | 1.000 |" in shown[3]


def test_golden_targets_are_the_paragraphs_of_the_gold_facts():
    asked = sets.golden("dev")
    texts = {document.id: document.text for document in asked.documents}
    assert all(target.doc in texts and target.end > target.start for targets in asked.targets for target in targets)
    assert all(targets for targets in asked.targets)
    assert not any("{: #f-" in text for text in texts.values())
    named = [question for question in asked.questions if question.payer]
    assert all("all" in question.payers for question in named)


def test_papers_are_taken_at_even_distances():
    assert sets.spread(range(98), 3) == [0, 32, 65]
    assert sets.spread(range(2), 5) == [0, 1]


def test_missing_data_is_told(tmp_path):
    with pytest.raises(EvalError, match="covidqa"):
        sets.covidqa(data=tmp_path)


class Recording(HashEmbedder):
    """Keeps every text that it is asked to encode."""

    def __init__(self):
        self.texts = []

    def encode(self, texts, advance=None):
        self.texts += texts
        return super().encode(texts, advance)


@pytest.mark.parametrize("heading", [True, False])
def test_the_heading_is_embedded_or_not(heading, tmp_path):
    text = f"# Wild animals\n\n{TEXT}"
    asked = QuestionSet(
        "covidqa", (Document("1", "A paper", text, "1.md"),), (Question("Where?", "2026-01-01"),), ((target_at("1", text, 20, 40),),)
    )
    embedder = Recording()
    passages.measure(asked, passages.Cut(600, heading), passages.write_papers(asked, tmp_path), embedder)
    assert any(each.startswith("Wild animals\n") for each in embedder.texts) is heading
