"""Encode documents on the fastest runtime of this machine whose vectors are the reference's."""

import importlib.util
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ingest.embed import MODEL_FILE, Encoded, OnnxEmbedder, Run, Tokens, Vectors, check_against_reference, encode_batches, read_export

_log = logging.getLogger(__name__)
_BF16 = {"avx512_bf16", "amx_bf16"}
_FEW = 30_000  # characters: opening OpenVINO takes as long as it would save on about so many
_MAX_WORKERS = 8


class DocumentEmbedder:
    """The exported model for many texts; `identity` is that of the question encoder, for both give the reference's vectors.

    No runtime is loaded before the first text comes, so that an ingest that finds nothing new costs nothing.
    """

    def __init__(self, folder: Path) -> None:
        """Take the model that `ReferenceEmbedder.export` wrote to `folder`.

        Raises:
            EmbedderUnavailable: the folder is missing or damaged.
        """
        self._folder = folder
        self.identity, self.dimension, self._tokenizer = read_export(folder)
        self._seen = 0

    def encode(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Vectors:
        """Give one unit vector per text."""
        return self.encode_with_tokens(texts, advance).vectors

    def encode_with_tokens(self, texts: Sequence[str], advance: Callable[[int], object] | None = None) -> Encoded:
        """Give what `encode` gives, and the vectors of the tokens."""
        self._seen += sum(map(len, texts))
        if self._seen < _FEW:
            return self._for_few.encode_with_tokens(texts, advance)
        with ThreadPoolExecutor(worker_count()) as pool:
            return encode_batches(texts, self._tokenizer, self._run, self.dimension, advance, pool.map)

    @cached_property
    def _for_few(self) -> OnnxEmbedder:
        return OnnxEmbedder(self._folder)

    @cached_property
    def _run(self) -> Run:
        return fastest_run(self._folder)


def fastest_run(folder: Path) -> Run:
    """Give what encodes a batch on this machine: OpenVINO in bf16 where the processor has it, else ONNX Runtime in fp32.

    A runtime whose vectors stray from the reference's, or that cannot be opened, is passed over with a reason in the log.
    """
    if not cpu_flags() & _BF16:
        _log.info("documents are encoded in fp32: this processor has no bf16")
    elif importlib.util.find_spec("openvino") is None:
        _log.info("documents are encoded in fp32: openvino is not installed")
    else:
        try:
            return _checked(openvino_run(folder), folder)
        except Exception as error:  # OpenVINO raises bare exceptions of many kinds; a slower runtime serves
            _log.warning("documents are encoded in fp32, more slowly: OpenVINO cannot be used (%s)", error)
    return onnx_run(folder)


def _checked(run: Run, folder: Path) -> Run:
    _, dimension, tokenizer = read_export(folder)
    check_against_reference(lambda texts: encode_batches(texts, tokenizer, run, dimension).vectors, folder)
    return run


def openvino_run(folder: Path) -> Run:
    """Give the model in OpenVINO, computing in bf16, one stream for each worker."""
    import openvino

    workers = worker_count()
    wanted = {"INFERENCE_PRECISION_HINT": "bf16", "NUM_STREAMS": workers, "INFERENCE_NUM_THREADS": workers}
    model = openvino.Core().compile_model(str(folder / MODEL_FILE), "CPU", wanted)
    free: SimpleQueue[Any] = SimpleQueue()
    for _ in range(workers):
        free.put(model.create_infer_request())

    def run(ids: Tokens, mask: Tokens) -> Sequence[Vectors]:
        request = free.get()
        try:
            return [found.copy() for found in request.infer({"input_ids": ids, "attention_mask": mask}).values()]
        finally:
            free.put(request)

    return run


def onnx_run(folder: Path) -> Run:
    """Give the model in ONNX Runtime, its weights packed for speed, one thread for each batch."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(folder / MODEL_FILE, options, providers=["CPUExecutionProvider"])

    def run(ids: Tokens, mask: Tokens) -> Sequence[Vectors]:
        return session.run(None, {"input_ids": ids, "attention_mask": mask})  # type: ignore[no-any-return]  # untyped

    return run


def worker_count() -> int:
    """Give how many batches are encoded beside each other, each on one core: batches of this size keep more cores badly busy."""
    return min(_MAX_WORKERS, os.cpu_count() or 1)


def cpu_flags() -> frozenset[str]:
    """Give what the processor can do, in Linux's words; nothing is known elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), ()))
