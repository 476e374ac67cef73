"""Train the adapter that ships as `ingest/adapter.safetensors`: MiniLM learns the questions that coders ask.

    python -m benchmarks.train_adapter --out ingest/adapter.safetensors [--leave-out test] [--leave-out dev]

Data: every question that a shipped digest tells, and in each epoch some of the precedents of each paragraph, with the paragraph
that answers it. The digests that a golden question of a left-out split rests on, and those that conflict with one, give none.
Most of a batch comes from a few digests, so that a paragraph learns to be told from its neighbours. Two losses are added:
in-batch negatives over sentence vectors, and the same over late interaction of projected token vectors; other questions of the
same paragraph do not count as negatives. The weights of the model stay as they are; a low-rank matrix beside each is learned
(Hu et al. 2021). The model runs in bfloat16. About ten minutes on two cores; equal up to rounding for one seed, torch version,
number of threads and kind of processor.
"""

import argparse
import hashlib
import json
import math
import random
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

from corpus.digests import digest_paths
from corpus.paragraphs import read_digest
from corpus.precedents import load_precedents
from evals.cases import load_suite
from ingest.adapter import DOWN, PROJECTION, UP
from ingest.build import read_source, shipped_sources
from ingest.embed import PACKAGED, model_folder
from ingest.split import embedding_texts, split

SEED = 7
RANK = 8
TOKEN_DIMENSION = 64
EPOCHS = 2
PRECEDENTS = 5
NEIGHBOURS, OTHERS = 96, 32
RATE = 1e-3
WARM_UP = 0.1
SCALE = 20.0
_QUESTION_TOKENS, _PASSAGE_TOKENS = 48, 96
_LAYERS = ("query", "key", "value", "dense")
_NEVER = -1e4


Asked = tuple[str, str]
"""A fact and a question on it."""


@dataclass(frozen=True, slots=True)
class Data:
    """The passages by fact, the digest of each, the questions that the digests tell, and the precedents of each fact."""

    passages: Mapping[str, str]
    home: Mapping[str, str]
    told: Sequence[Asked]
    precedents: Mapping[str, Sequence[str]]

    def digest(self) -> str:
        """Give the SHA-256 of all of it."""
        held = [dict(self.passages), dict(self.home), list(self.told), {fact: list(asked) for fact, asked in self.precedents.items()}]
        return hashlib.sha256(json.dumps(held).encode()).hexdigest()

    def batches(self) -> list[list[Asked]]:
        """Give the questions of one epoch."""
        drawn = [(fact, q) for fact, asked in self.precedents.items() for q in random.sample(asked, min(PRECEDENTS, len(asked)))]
        questions = [*self.told, *drawn]
        by_digest: dict[str, list[Asked]] = defaultdict(list)
        for fact, question in questions:
            by_digest[self.home[fact]].append((fact, question))
        digests = list(by_digest)
        random.shuffle(digests)
        for name in digests:
            random.shuffle(by_digest[name])
        line = [asked for name in digests for asked in by_digest[name]]
        batches = [line[first : first + NEIGHBOURS] for first in range(0, len(line) - NEIGHBOURS // 2, NEIGHBOURS)]
        random.shuffle(batches)
        return [batch + random.sample(questions, OTHERS) for batch in batches]


class LowRank(nn.Module):
    """A linear layer that stays as it is, with a low-rank one beside it that learns."""

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__()
        self.layer = layer
        self.down = nn.Parameter(torch.randn(rank, layer.in_features) / math.sqrt(layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """Give the sum of both layers."""
        return self.layer(x) + (x @ self.down.T) @ self.up.T


class Encoder:
    """The packaged model with low-rank layers, and the projection of its token vectors."""

    def __init__(self, rank: int, texts: Sequence[str]) -> None:
        folder = str(model_folder(PACKAGED))
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._net = AutoModel.from_pretrained(folder).eval()  # no dropout: the data are few and the steps are
        self._net.requires_grad_(False)
        self.layers = dict(self._adapt(rank))
        self.projection = nn.Parameter(self._principal(texts))

    def _adapt(self, rank: int) -> list[tuple[str, LowRank]]:
        named = [(n, m) for n, m in self._net.named_modules() if isinstance(m, nn.Linear) and n.endswith(_LAYERS) and "pooler" not in n]
        adapted = [(name, LowRank(layer, rank)) for name, layer in named]
        for name, layer in adapted:
            parent, _, child = name.rpartition(".")
            setattr(self._net.get_submodule(parent), child, layer)
        return adapted

    @torch.no_grad()
    def _principal(self, texts: Sequence[str]) -> Tensor:
        """Give the main directions of the token vectors of `texts`: where the projection starts from."""
        _, tokens, mask = self(texts, _PASSAGE_TOKENS)
        _, _, directions = torch.linalg.svd(functional.normalize(tokens[mask], dim=-1), full_matrices=False)
        return directions[:TOKEN_DIMENSION].T.contiguous()

    def __call__(self, texts: Sequence[str], longest: int) -> tuple[Tensor, Tensor, Tensor]:
        """Give unit sentence vectors (texts, dimension), token vectors (texts, tokens, dimension) and their mask."""
        fed = self._tokenizer(list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt")
        tokens = self._net(**fed).last_hidden_state
        weight = fed["attention_mask"][..., None].float()
        return functional.normalize((tokens * weight).sum(1) / weight.sum(1), dim=-1), tokens, fed["attention_mask"].bool()

    def loss(self, batch: Sequence[Asked], passages: Mapping[str, str]) -> tuple[Tensor, Tensor]:
        """Give the loss over sentence vectors and that over token vectors."""
        facts = list(dict.fromkeys(fact for fact, _ in batch))
        place = {fact: n for n, fact in enumerate(facts)}
        right = torch.tensor([place[fact] for fact, _ in batch])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            questions, asked, asked_mask = self([question for _, question in batch], _QUESTION_TOKENS)
            answers, told, told_mask = self([passages[fact] for fact in facts], _PASSAGE_TOKENS)
        questions, asked, answers, told = questions.float(), asked.float(), answers.float(), told.float()
        late = _late_interaction(asked @ self.projection, asked_mask, told @ self.projection, told_mask)
        return _contrast(questions @ answers.T, right), _contrast(late, right)

    def parameters(self) -> list[nn.Parameter]:
        """Give what learns."""
        return [p for layer in self.layers.values() for p in (layer.down, layer.up)] + [self.projection]

    def state(self) -> dict[str, Tensor]:
        """Give what is shipped, in half precision."""
        held = {name + part: tensor for name, layer in self.layers.items() for part, tensor in ((DOWN, layer.down), (UP, layer.up))}
        return {name: t.detach().half().contiguous() for name, t in {**held, PROJECTION: self.projection}.items()}


def _late_interaction(asked: Tensor, asked_mask: Tensor, told: Tensor, told_mask: Tensor) -> Tensor:
    """Give for each question and passage the mean over the question's tokens of the best cosine with a token of the passage."""
    asked = functional.normalize(asked, dim=-1) * asked_mask[..., None]
    cosines = torch.einsum("qid,pjd->qpij", asked, functional.normalize(told, dim=-1)).masked_fill(~told_mask[None, :, None, :], _NEVER)
    return (cosines.max(-1).values * asked_mask[:, None, :]).sum(-1) / asked_mask.sum(-1)[:, None]


def _contrast(similarity: Tensor, right: Tensor) -> Tensor:
    """Give how far each question is from its own passage among the others, and each passage from its question, shape ()."""
    scores = similarity * SCALE
    forth = functional.cross_entropy(scores, right)
    same = (right[:, None] == right[None, :]) & ~torch.eye(len(right), dtype=torch.bool)
    back = scores[:, right].T.masked_fill(same, _NEVER)
    return (forth + functional.cross_entropy(back, torch.arange(len(right)))) / 2


def left_out(splits: Sequence[str]) -> frozenset[str]:
    """Give the names of the digests that a golden question of these splits rests on, and of those that conflict with them."""
    digests = {path.name: read_digest(path.read_text(encoding="utf-8")) for path in digest_paths()}
    home = {p.fact_id: name for name, digest in digests.items() for p in digest.paragraphs}
    cases = [case for split_name in splits for case in load_suite("golden", split_name)]
    facts = {fact for case in cases for fact in (*case.gold, *(n.fact for n in case.nuggets))}
    pages = {home[fact] for fact in facts if fact in home}
    disputed = {home[c] for name in pages for p in digests[name].paragraphs for c in p.attribute("conflicts").split() if c in home}
    return frozenset(pages | disputed)


def training_data(splits: Sequence[str]) -> Data:
    """Give the training data, in the order of the digests; nothing of the left-out splits is in it."""
    unseen = left_out(splits)
    sources = [source for source in shipped_sources() if source.path.name not in unseen]
    held = [(source.path.name, p) for source in sources for p in split(read_source(source, {}, "")) if p.anchor]
    precedents = load_precedents(tuple(p.anchor for _, p in held))
    return Data(
        passages={p.anchor: embedding_texts(p)[0] for _, p in held},
        home={p.anchor: name for name, p in held},
        told=[(p.anchor, question) for _, p in held for question in p.questions],
        precedents={fact: [p.question for p in asked if p.ruled != "unsaid"] for fact, asked in precedents.items()},
    )


def train(data: Data, rank: int) -> Encoder:
    """Give the trained encoder."""
    random.seed(SEED)
    torch.manual_seed(SEED)
    encoder = Encoder(rank, random.sample(sorted(data.passages.values()), min(128, len(data.passages))))
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=RATE, weight_decay=0.0)
    batches = [batch for _ in range(EPOCHS) for batch in data.batches()]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, partial(_rate, steps=len(batches)))
    started = time.monotonic()
    for step, batch in enumerate(batches, 1):
        sentence, late = encoder.loss(batch, data.passages)
        optimizer.zero_grad()
        (sentence + late).backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        told = f"{step}/{len(batches)} {sentence:.3f} {late:.3f} {time.monotonic() - started:.0f} s"
        print(f"\r{told}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return encoder


def _rate(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / max(1.0, steps * WARM_UP)) * max(0.02, 1 - step / steps)


def main() -> None:
    """Train and write the adapter."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--rank", type=int, default=RANK)
    parser.add_argument(
        "--leave-out", action="append", choices=("dev", "test"), help="golden split whose pages give no question (default test)"
    )
    given = parser.parse_args()
    data = training_data(given.leave_out or ["test"])
    precedents = sum(len(asked) for asked in data.precedents.values())
    print(f"{len(data.told)} questions and {precedents} precedents on {len(data.passages)} paragraphs", file=sys.stderr)
    told = {
        "seed": str(SEED),
        "rank": str(given.rank),
        "questions": str(len(data.told)),
        "precedents": str(precedents),
        "data": data.digest(),
        "torch": torch.__version__.split("+")[0],
    }
    save_file(train(data, given.rank).state(), given.out, told)


if __name__ == "__main__":
    main()
