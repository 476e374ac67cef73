"""The types that asking produces: a question, what was found, a draft, and the grounded answer."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from assistant.languages import Language
from ingest.documents import Document, Passage

BROKEN_OFF = "The model's reply could not be read to its end"


class Intent(StrEnum):
    """What the question wants to know."""

    RULING = "ruling"
    FREQUENCY = "frequency"
    WHO = "who"
    DOCUMENTATION = "documentation"
    MODIFIER = "modifier"
    REPLACEMENT = "replacement"
    RATE = "rate"
    TOGETHER = "together"
    WHICH_CODE = "which_code"
    DEFINITION = "definition"
    OTHER = "other"


class Setting(StrEnum):
    """Where the service takes place."""

    HOSPITAL_OUTPATIENT = "hospital outpatient"
    FREESTANDING = "freestanding"
    ASC = "ambulatory surgery center"
    INPATIENT = "inpatient"


class Role(StrEnum):
    """What a sentence does in the answer."""

    VERDICT = "verdict"
    CONDITION = "condition"
    EXCEPTION = "exception"
    DOCUMENTATION = "documentation"
    BACKGROUND = "background"
    CONFLICT = "conflict"


class Verdict(StrEnum):
    """The ruling; `NONE` where the question asks for none or the evidence gives none."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"
    NONE = "none"


class Status(StrEnum):
    """Whether the question was answered; `PARTIAL` says that a part of it was not."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    ABSTAINED = "abstained"


class Reason(StrEnum):
    """Why there is no answer."""

    NO_EVIDENCE = "no_evidence"
    WEAK_EVIDENCE = "weak_evidence"
    UNKNOWN_CODE = "unknown_code"
    NOT_IN_FORCE = "not_in_force"
    OUT_OF_SCOPE = "out_of_scope"
    FALSE_PREMISE = "false_premise"
    UNSUPPORTED_DRAFT = "unsupported_draft"


class Kind(StrEnum):
    """What a follow-up question can take over from the conversation."""

    CODE = "code"
    MODIFIER = "modifier"
    PAYER = "payer"
    DATE = "date"
    SETTING = "setting"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Carried:
    """A part taken over from the conversation: a code, a modifier, a payer, a date (YYYY-MM-DD), a setting, or the last question."""

    kind: Kind
    value: str


@dataclass(frozen=True, slots=True)
class Within:
    """The part of the library that a question is put to: one document, all of one publisher, or both; `name` says it in words."""

    name: str
    document_id: str | None = None
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question as read: `codes` are normalised, `as_of` is the date of service, `payer` None means any."""

    text: str
    as_of: date
    payer: str | None
    codes: tuple[str, ...]
    modifiers: tuple[str, ...]
    intent: Intent
    asks_ruling: bool
    """True when yes, no or conditional would be an answer."""
    setting: Setting | None = None
    """Where the service takes place, None where the question names no place or several."""
    notices: tuple[str, ...] = ()
    """What the coder should know about how the question was read, such as a date of service taken from its words."""
    carried: tuple[Carried, ...] = ()
    """What a follow-up question took over from the conversation; empty for a question of its own."""
    within: Within | None = None
    """The part of the library that may answer, None for all of it."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found, best first by `score` (comparable within one question only).

    `cosine` is the similarity of meaning in [-1, 1]; `via` names the ways it was found: code, vector, lexical.
    """

    passage: Passage
    document: Document
    score: float
    cosine: float
    lexical: float
    via: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that a draft claims to take from a passage; unverified."""

    passage_id: str
    quote: str


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence that an answerer proposes, with the quotes it rests on; unverified."""

    text: str
    role: Role
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answerer proposes; unverified."""

    verdict: Verdict
    sentences: tuple[DraftSentence, ...]
    reason: Reason | None = None
    """Set when the answerer itself finds no answer in the passages."""
    notice: str = ""
    """Something the reader should know about how the draft came about."""
    broken_off: str = ""
    """Why there is no more of it, where an answerer could not finish."""
    missing: tuple[str, ...] = ()
    """Words of the question of which the nearest passages do not speak, where there is a reason."""


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact slice of a stored source: `document_text[start:end] == quote`. Made by `ground.locate` only."""

    passage_id: str
    document_id: str
    quote: str
    start: int
    end: int
    page: int | None
    place: str = ""
    """Where the quote starts in a source that has sheets, rows or parts, as in `Edits!A12:F12`; "" elsewhere."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that passed the gate: it has at least one citation."""

    text: str
    role: Role
    citations: tuple[Citation, ...]
    translation: str = ""
    """The sentence in the language of the question, where a chat model translated it and nothing was lost; never a quote."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sources that disagree, side by side; each side is a cited sentence, stronger authority first."""

    sides: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why there is no answer, in one line, and what the library would need."""

    reason: Reason
    detail: str
    needed: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """How the answer came about. `timings_ms` maps stages, and the ways of finding within "retrieve", to milliseconds."""

    answerer: str
    embedder: str
    library_revision: int
    settings_digest: str
    timings_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader gets. Abstained exactly when there are no sentences.

    `evidence` holds the hits, best first: what the answer rests on, or the near misses of an abstention.
    """

    question: Question
    status: Status
    verdict: Verdict
    sentences: tuple[Sentence, ...]
    conflicts: tuple[Conflict, ...]
    abstention: Abstention | None
    evidence: tuple[Hit, ...]
    notices: tuple[str, ...]
    follow_ups: tuple[str, ...]
    provenance: Provenance
    language: Language = Language.EN
    """The language of the question; all text but translations is English or quoted as it stands."""

    def __post_init__(self) -> None:
        if (self.abstention is not None) != (self.status is Status.ABSTAINED) or (
            bool(self.sentences) == (self.status is Status.ABSTAINED)
        ):
            raise ValueError("an answer is abstained exactly when it has no sentences")
        if any(not s.citations for s in self.sentences):
            raise ValueError("every sentence needs a citation")
