"""The low-rank adapter that ships with Codecite: what it adds to the weights of the packaged model.

It was trained by `benchmarks/train_adapter.py` on the questions that the shipped digests tell and on the precedents of their facts,
those of golden test pages left out. Low-rank adaptation: Hu et al. 2021; token vectors compared one by one (late interaction): Khattab and Zaharia 2020.
"""

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn

PROJECTION = "projection"
DOWN, UP = ".down", ".up"


SHIPPED = Path(str(files("ingest"))) / "adapter.safetensors"


@lru_cache(maxsize=2)
def adapter_digest(adapter: Path = SHIPPED) -> str:
    """Give the digest of an adapter."""
    return hashlib.sha256(adapter.read_bytes()).hexdigest()


def merge(model: "nn.Module", adapter: Path) -> "torch.Tensor":
    """Add the adapter to the weights of `model` and give its projection of token vectors, shape (dimension, token dimension).

    A layer of weight W, shape (out, in), becomes W + up @ down; shapes (out, rank) and (rank, in).
    """
    import torch
    from safetensors.torch import load_file

    held = {name: tensor.float() for name, tensor in load_file(adapter).items()}
    with torch.no_grad():
        for name, up in held.items():
            if name.endswith(UP):
                layer = name.removesuffix(UP)
                model.get_parameter(f"{layer}.weight").add_(up @ held[layer + DOWN])
    return held[PROJECTION]
