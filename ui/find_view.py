"""Turn the codes that fit a service into the rows that a reader sees. Pure: no Streamlit, no disk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assistant.answer import Citation, Sentence
from assistant.find import Findings, Fit, number_citations
from ui.present import AbstentionView, AnswerView, SentenceView, SourceView, cited_source, near_source
from ui.words import FIT_LINE, FITS_BECAUSE, NO_FIT, RULED_OUT, asked_words

_MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class FindingsView:
    """What the page shows of findings: one line that sums them up, and one card for each code or for the abstention."""

    summary: str
    asked: str
    cards: tuple[AnswerView, ...]
    notices: tuple[str, ...]


def present_findings(findings: Findings, text_of: Callable[[str], str]) -> FindingsView:
    """Give the rows of findings; `text_of` gives the canonical text of a document by its id."""
    shown = findings.evidence[:_MOST_NEAR] if findings.abstention else findings.evidence
    texts = {h.document.id: text_of(h.document.id) for h in shown}
    asked = asked_words(findings.question.as_of, findings.question.payer)
    if findings.abstention:
        nearest = tuple(near_source(hit, n, texts) for n, hit in enumerate(shown, start=1))
        told = AbstentionView(findings.abstention.detail, findings.abstention.needed, nearest)
        return FindingsView(NO_FIT + ".", asked, (_card(findings, asked, NO_FIT, "", abstention=told),), findings.question.notices)
    numbers = number_citations(findings)
    sources = {c: cited_source(findings.evidence, c, n, texts) for c, n in numbers.items()}
    count = len(findings.fits)
    summary = f"{count} code{'' if count == 1 else 's'} may fit, best first. {FIT_LINE}"
    cards = tuple(_fit(findings, asked, fit, numbers, sources) for fit in findings.fits)
    return FindingsView(summary, asked, cards, findings.question.notices)


def _fit(findings: Findings, asked: str, fit: Fit, numbers: Mapping[Citation, int], sources: Mapping[Citation, SourceView]) -> AnswerView:
    rows = (*_rows(FITS_BECAUSE, fit.reasons, numbers), *_rows(RULED_OUT, fit.limits, numbers))
    cited = dict.fromkeys(c for s in (*fit.reasons, *fit.limits) for c in s.citations)
    line = f"Speaks to: {' · '.join(fit.covers)}" if fit.covers else ""
    return _card(findings, asked, fit.code, line, sentences=rows, sources=tuple(sources[c] for c in cited))


def _rows(label: str, sentences: tuple[Sentence, ...], numbers: Mapping[Citation, int]) -> tuple[SentenceView, ...]:
    return tuple(SentenceView(label, s.text, tuple(numbers[c] for c in s.citations)) for s in sentences)


def _card(
    findings: Findings,
    asked: str,
    head: str,
    line: str,
    *,
    sentences: tuple[SentenceView, ...] = (),
    sources: tuple[SourceView, ...] = (),
    abstention: AbstentionView | None = None,
) -> AnswerView:
    return AnswerView(
        question=findings.question.text,
        asked=asked,
        tone="abstained" if abstention else "none",
        verdict=head,
        line=line,
        sentences=sentences,
        conflicts=(),
        sources=sources,
        abstention=abstention,
        notices=(),
        follow_ups=(),
        footnote="",
    )
