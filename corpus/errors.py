"""Define the one tree of exceptions that Codecite raises."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why a file was not stored: the closed list of reasons (docs/ingest.md)."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNKNOWN_TYPE = "unknown_type"
    TYPE_MISMATCH = "type_mismatch"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    BOMB_LIMIT = "bomb_limit"
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory_limit"
    NO_TEXT = "no_text"
    TOO_MANY_ROWS = "too_many_rows"
    NAME_INVALID = "name_invalid"
    UNREADABLE = "unreadable"
    LINK_OUTSIDE = "link_outside"
    NOT_A_FILE = "not_a_file"
    INTERNAL = "internal"


class CodeciteError(Exception):
    """Say what happened, to which item, and what to do next."""


class ConfigError(CodeciteError):
    """A setting is missing, misspelt or out of range."""


class CorpusError(CodeciteError):
    """A shipped or supplied source does not have the form it must have."""


class IngestError(CodeciteError):
    """A document could not be brought into the library; `refusal` names the reason, where it is one file's."""

    def __init__(self, message: str, refusal: Refusal = Refusal.INTERNAL) -> None:
        super().__init__(message)
        self.refusal = refusal


class UnreadableDocument(IngestError):
    """The file is damaged, encrypted, empty or holds no text."""


class UnsupportedFormat(IngestError):
    """No reader exists for this kind of file."""


class EmbedderUnavailable(IngestError):
    """The model that turns text into vectors cannot be loaded."""


class LibraryUnusable(CodeciteError):
    """The library cannot be opened as it is."""


class LibraryMissing(LibraryUnusable):
    """There is no library at the place named."""


class LibraryStale(LibraryUnusable):
    """The library was built by another version or with another policy."""


class LibraryDamaged(LibraryUnusable):
    """The library contradicts itself."""


class LibraryLocked(LibraryUnusable):
    """Another program is writing to the library."""


class ArchiveRefused(CodeciteError):
    """A file is no sound archive of a library; the library stays as it is."""


class AnswerError(CodeciteError):
    """An answer could not be produced."""


class ModelUnavailable(AnswerError):
    """The chat model does not reply."""


class ModelReplyInvalid(AnswerError):
    """The chat model replied with something that is not a draft."""


class EvalError(CodeciteError):
    """A suite, baseline or report cannot be used."""
