"""Learn how alike two questions must be to be ruled alike: the weights `LEARNED` of `assistant/precedents.py`.

    python -m benchmarks.fit_precedents RUNTIME_FOLDER

Data: every shipped precedent is ruled on by those of the other set on its fact, which somebody else wrote. Facts on pages that a golden question rests on
give none, so the golden questions measure what was never fitted to them. A quarter of the facts is held back for the figure printed.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from assistant.precedents import LEARNED, compare
from benchmarks.train_adapter import left_out
from corpus.digests import digest_paths
from corpus.paragraphs import read_digest
from corpus.precedents import RULED, Precedent, load_precedents
from ingest.embed import Embedder, Encoded, OnnxEmbedder

SEED = 7
STEPS = 300
_MOST = 24
_UNSURE = 0.04
Data = tuple[Tensor, Tensor, Tensor, Tensor]


def open_facts() -> list[str]:
    """Give the ids of the facts on pages that no golden question rests on."""
    unseen = left_out(["dev", "test"])
    pages = (path for path in digest_paths() if path.name not in unseen)
    return [p.fact_id for path in pages for p in read_digest(path.read_text(encoding="utf-8")).paragraphs]


def examples(embedder: Embedder, held: Sequence[tuple[Precedent, ...]]) -> Data:
    """Give features, rulings and presence of the other precedents of each, and its own ruling."""
    rows = [
        (fact, mine, others) for fact in held for mine in fact if len(others := [p for p in fact if p.of_set != mine.of_set][:_MOST]) > 3
    ]
    features = np.zeros((len(rows), _MOST, len(LEARNED)), dtype=np.float32)
    kinds, there = np.zeros((len(rows), _MOST), dtype=np.int64), np.zeros((len(rows), _MOST), dtype=bool)
    for row, (fact, mine, others) in enumerate(rows):
        if row == 0 or fact is not rows[row - 1][0]:
            encoded = embedder.encode_with_tokens([p.question for p in fact])
        order = [fact.index(p) for p in (mine, *others)]
        part = Encoded(encoded.vectors[order], tuple(encoded.tokens[i] for i in order))
        features[row, : len(others)] = compare(mine.question, [p.question for p in others], part)
        kinds[row, : len(others)] = [RULED.index(p.ruled) for p in others]
        there[row, : len(others)] = True
    own = [RULED.index(mine.ruled) for _, mine, _ in rows]
    return torch.tensor(features), torch.tensor(kinds), torch.tensor(there), torch.tensor(own)


def said(weights: Tensor, by_ruling: Tensor, data: Data) -> Tensor:
    """Give the share of weight behind each ruling, shape (examples, rulings)."""
    features, kinds, there, _ = data
    shares = (features @ weights + by_ruling[kinds]).masked_fill(~there, -1e4).softmax(-1)
    told = torch.stack([(shares * (kinds == kind)).sum(-1) for kind in range(len(RULED))], -1)
    return told * (1 - _UNSURE) + _UNSURE / len(RULED)


def fit(data: Data) -> tuple[Tensor, Tensor]:
    """Give the weights under which the precedents' own rulings are most likely."""
    torch.manual_seed(SEED)
    weights, by_ruling = torch.tensor(LEARNED, requires_grad=True), torch.zeros(len(RULED), requires_grad=True)
    optimizer = torch.optim.AdamW([weights, by_ruling], lr=0.05, weight_decay=1e-3)
    for _ in range(STEPS):
        loss = -said(weights, by_ruling, data).gather(1, data[3][:, None]).log().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return weights.detach(), by_ruling.detach()


def accuracy(found: tuple[Tensor, Tensor], data: Data) -> tuple[float, float]:
    """Give the share ruled right, and that of those that have a ruling at all."""
    told, own = said(*found, data), data[3]
    settled = own < len(RULED) - 1
    return float((told.argmax(-1) == own).float().mean()), float((told[:, :-1].argmax(-1) == own)[settled].float().mean())


def main() -> None:
    """Print the weights, and how often they rule right on facts held back."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("runtime", type=Path, help="folder of the exported question encoder")
    embedder = OnnxEmbedder(parser.parse_args().runtime)
    facts = open_facts()
    random.Random(SEED).shuffle(facts)
    known = load_precedents(facts)
    held = [known[fact] for fact in facts if fact in known]
    quarter = len(held) // 4
    fitted, back = examples(embedder, held[quarter:]), examples(embedder, held[:quarter])
    found = fit(fitted)
    print(f"{len(held)} facts, {len(fitted[3])} precedents fitted, {len(back[3])} held back")
    print(
        "right of all / of those with a ruling: fitted {:.3f} / {:.3f}, held back {:.3f} / {:.3f}".format(
            *accuracy(found, fitted), *accuracy(found, back)
        )
    )
    for name, values in zip(("LEARNED", "LEARNED_BY_RULING"), found, strict=True):
        print(name, [round(float(v), 2) for v in values])


if __name__ == "__main__":
    main()
