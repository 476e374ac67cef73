"""The JSON form of what fits a described service, versioned; `docs/find.md` documents it field by field."""

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.answer import Citation, Sentence
from assistant.find import Findings, Fit, number_citations
from assistant.record import abstention_record, citation_record, hit_record

SCHEMA = "codecite.find/1"


def find_record(findings: Findings) -> dict[str, Any]:
    """Give the JSON object of findings: plain values only, dates as YYYY-MM-DD."""
    numbers = number_citations(findings)
    sources = {h.passage.id: h for h in findings.evidence}
    return {
        "schema": SCHEMA,
        "description": findings.question.text,
        "as_of": findings.question.as_of.isoformat(),
        "payer": findings.question.payer,
        "elements": list(findings.elements),
        "fits": [_fit(fit, numbers) for fit in findings.fits],
        "citations": [citation_record(c, n, sources[c.passage_id]) for c, n in numbers.items()],
        "abstention": abstention_record(findings.abstention),
        "nearest": [hit_record(h) for h in findings.evidence] if findings.abstention else [],
        "notices": list(findings.question.notices),
        "library_revision": findings.library_revision,
    }


def _fit(fit: Fit, numbers: Mapping[Citation, int]) -> dict[str, Any]:
    return {
        "code": fit.code,
        "score": fit.score,
        "covers": list(fit.covers),
        "reasons": _sentences(fit.reasons, numbers),
        "limits": _sentences(fit.limits, numbers),
    }


def _sentences(sentences: Sequence[Sentence], numbers: Mapping[Citation, int]) -> list[dict[str, Any]]:
    return [{"text": s.text, "citations": [numbers[c] for c in s.citations]} for s in sentences]
