"""The only place where the parts of an assistant are chosen and joined."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.extractive import Answerer, ExtractiveAnswerer
from assistant.foreign import Translator
from assistant.gaps import Gaps
from assistant.precedents import Precedents
from assistant.remembered import AskedOn, Remembering
from assistant.retrieve import Retriever
from assistant.service import Assistant, digest_of
from assistant.settings import Settings
from corpus.errors import ConfigError, LibraryStale, ModelReplyInvalid
from corpus.glossary import load_glossary
from corpus.payers import load_payer_names
from corpus.precedents import load_precedents
from corpus.registry import CodeEntry, load_codes
from ingest.documents import Passage
from ingest.embed import Embedder, OnnxEmbedder
from ingest.library import Library, is_read_only, open_reader
from ingest.lookup import document_counts
from ingest.split import POLICY
from ingest.vectors import ChromaIndex, ScanIndex, VectorIndex

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from assistant.find import Finder


def open_assistant(
    settings: Settings,
    *,
    long_lived: bool = False,
    keep_gaps: bool = False,
    embedder: Embedder | None = None,
    today: Callable[[], date] = date.today,
) -> Assistant:
    """Give an assistant on the library that the settings name.

    A `long_lived` one (the chat page) asks Chroma unless the settings say otherwise or its folder cannot be written; a
    one-shot command scans the library's own vectors, which costs no start-up. With `keep_gaps` what it cannot answer is kept for
    `codecite gaps`. `embedder` replaces the exported one in tests, `today` the day on which it is asked.

    Raises:
        LibraryUnusable: there is no library, or it was built otherwise than the settings ask.
        EmbedderUnavailable: the question encoder is missing.
        ModelUnavailable: a chat model is set and cannot be opened.
    """
    library = open_reader(settings.data_dir)
    encoder = embedder or OnnxEmbedder(runtime_folder(settings))
    library.require(encoder.identity, POLICY)
    if embedder is None:
        _require_model(settings, encoder.identity)
    glossary, registry, payer_names = load_glossary(), load_codes(), load_payer_names()
    remembering = Remembering(encoder, runtime_folder(settings))
    extractive = ExtractiveAnswerer(
        encoder,
        glossary,
        lambda words: document_counts(library, words),
        settings.max_sentences,
        precedents=Precedents(remembering, load_precedents),
    )
    answerer, translator = _by_model(settings, payer_names) if settings.llm else (extractive, None)
    return Assistant(
        library,
        Retriever(
            library,
            _vector_index(settings, library, long_lived=long_lived),
            encoder,
            glossary,
            registry=registry,
            known=AskedOn(remembering, load_precedents),
        ),
        answerer,
        extractive,
        registry=registry,
        payer_names=payer_names,
        translator=translator,
        embedder=encoder.identity,
        settings_digest=digest_of(settings.model_dump(exclude={"data_dir", "llm_api_key", "keep_questions", "ocr"})),
        today=today,
        find_topics=lambda: _find_topics(registry, glossary),
        keep_gap=Gaps(settings.data_dir, glossary, keep_text=settings.keep_questions).keep if keep_gaps else lambda _: None,
    )


def open_finder(assistant: Assistant) -> "Finder":
    """Give what finds the codes that fit a described service, on an assistant's library."""
    from assistant.find import Finder

    return Finder(assistant, load_glossary(), lambda words: document_counts(assistant.library, words), load_codes())


def open_question_writer(settings: Settings) -> Callable[[Passage], tuple[str, ...]]:
    """Give what has the chat model of the settings write the questions that a passage answers.

    Raises:
        ConfigError: no chat model is set.
        ModelUnavailable: it cannot be opened.
    """
    if not settings.llm:
        raise ConfigError("no chat model is set; set CODECITE_LLM, for example to openai:gpt-4.1-mini (docs/settings.md)")
    from assistant.generative import write_questions

    model = _open_model(settings)

    def write(passage: Passage) -> tuple[str, ...]:
        try:
            return write_questions(model, settings.llm, passage, timeout_s=settings.llm_timeout_s)
        except ModelReplyInvalid:  # one useless reply leaves one passage as it is
            return ()

    return write


def _find_topics(registry: Mapping[str, CodeEntry], glossary: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    from assistant.reference import find_topics  # only what follows another question needs it, and it takes long to import

    return find_topics(registry, glossary)


def _require_model(settings: Settings, identity: str) -> None:
    """Check by name that the encoder is the model of the settings; its weights are checked when it is exported."""
    name = Path(settings.embedding_model).name
    if identity.rpartition("@")[0] != name:
        raise LibraryStale(f"the library was built with {identity}, the settings ask for {name}; run: codecite ingest --rebuild")


def runtime_folder(settings: Settings) -> Path:
    """Give the folder of the exported question encoder."""
    return settings.data_dir / "runtime"


def chroma_folder(settings: Settings) -> Path:
    """Give the folder of Chroma's copy of the vectors."""
    return settings.data_dir / "chroma"


def _vector_index(settings: Settings, library: Library, *, long_lived: bool) -> VectorIndex:
    writable = not is_read_only(settings.data_dir)  # Chroma notes beside its files who reads
    chroma = settings.vector_index == "chroma" or (settings.vector_index == "auto" and long_lived and writable)
    return ChromaIndex(library, chroma_folder(settings)) if chroma else ScanIndex(library)


def _by_model(settings: Settings, payer_names: Collection[str]) -> tuple[Answerer, Translator]:
    """Give what the chat model of the settings does: answer and translate."""
    from assistant.generative import GenerativeAnswerer
    from assistant.translate import ModelTranslator

    model, timeout_s = _open_model(settings), settings.llm_timeout_s
    return (
        GenerativeAnswerer(model, settings.llm, timeout_s=timeout_s, max_sentences=settings.max_sentences),
        ModelTranslator(model, settings.llm, timeout_s=timeout_s, payers=payer_names),
    )


def _open_model(settings: Settings) -> "BaseChatModel":
    from assistant.chat_model import open_model

    key = settings.llm_api_key.get_secret_value()
    return open_model(settings.llm, api_key=key, base_url=settings.llm_base_url, timeout_s=settings.llm_timeout_s)
