"""What a passage is found by: its vectors and those of its tokens."""

from collections.abc import Sequence

import numpy as np

from ingest.documents import Passage
from ingest.embed import Encoded, Vectors
from ingest.split import embedding_texts

QUESTION_SHARE = 1.0
"""How much the questions that a passage answers weigh in its vector, its own words weighing 1; see `docs/retrieval.md`."""


def texts_of(passage: Passage) -> tuple[str, ...]:
    """Give what is encoded for a passage: its words, in several pieces where they are many, then its questions."""
    return (*embedding_texts(passage), *passage.questions)


def represent(passage: Passage, encoded: Encoded) -> tuple[Vectors, bytes]:
    """Give the unit vectors of a passage, one for each piece, and its token vectors; `encoded` is of `texts_of(passage)`.

    The mean direction of the questions is added to every piece, so that a passage lies near what is asked of it.
    """
    pieces = len(encoded.vectors) - len(passage.questions)
    vectors = encoded.vectors[:pieces]
    if passage.questions:
        vectors = _unit(vectors + QUESTION_SHARE * _unit(encoded.vectors[pieces:].mean(axis=0)))
    return vectors, b"".join(tokens.tobytes() for tokens in encoded.tokens[:pieces])


def represent_all(passages: Sequence[Passage], counts: Sequence[int], encoded: Encoded) -> list[tuple[Vectors, bytes]]:
    """Give what `represent` gives for each passage; `encoded` is of all their texts, `counts[i]` of them of `passages[i]`."""
    ends = np.cumsum(counts).tolist()
    parts = (encoded.part(first, last) for first, last in zip([0, *ends], ends, strict=False))
    return [represent(passage, part) for passage, part in zip(passages, parts, strict=True)]


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-9), dtype=np.float32)
