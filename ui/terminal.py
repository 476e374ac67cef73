"""An answer as text for a terminal."""

import textwrap
from collections.abc import Mapping, Sequence

from assistant.answer import Answer, Citation, Hit, Role, Sentence
from assistant.find import Findings, Fit
from assistant.find import number_citations as number_findings
from assistant.record import citing, near_misses, number_citations
from ui.safe_text import one_line, printable
from ui.words import FIT_LINE, NO_FIT, RULED_OUT, asked_words, maker_words, notice_words, validity_words, verdict_words

_WIDTH = 96
_NEAR_CHARS = 300
_MOST_NEAR = 3
_ROLES = {
    Role.VERDICT: "",
    Role.CONDITION: "Condition: ",
    Role.EXCEPTION: "Exception: ",
    Role.DOCUMENTATION: "Documentation: ",
    Role.BACKGROUND: "",
    Role.CONFLICT: "",
}


def render(answer: Answer) -> str:
    """Give the verdict, the cited sentences and their sources; or why there is no answer, and what is near."""
    lines = _abstained(answer) if answer.abstention else _answered(answer)
    notes = [*notice_words(answer), *([maker_words(answer)] if answer.provenance.answerer != "extractive" else [])]
    return printable("\n".join([*lines, *(f"Note: {note}" for note in notes if note)]))


def render_each(answers: Sequence[Answer]) -> str:
    """Give the answers to one message one under the other, each headed by its question where there are several."""
    if len(answers) == 1:
        return render(answers[0])
    return "\n\n\n".join(f"{printable(_heading(n, answer))}\n{render(answer)}" for n, answer in enumerate(answers, start=1))


def _heading(number: int, answer: Answer) -> str:
    return textwrap.fill(one_line(f"{number}. {answer.question.text}"), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _answered(answer: Answer) -> list[str]:
    numbers = number_citations(answer)

    def cited(sentence: Sentence, lead: str) -> str:
        return _fill(f"{lead}{sentence.text} {''.join(f'[{numbers[c]}]' for c in sentence.citations)}")

    label, meaning = verdict_words(answer)
    lines = [f"{label.upper()}. {meaning}", _asked(answer), ""]
    lines += [cited(sentence, _ROLES[sentence.role]) for sentence in answer.sentences]
    for conflict in answer.conflicts:
        lines += ["", "Sources disagree:", *(cited(side, "- ") for side in conflict.sides)]
    return [*lines, "", "Sources", *(_source(answer.evidence, c, n) for c, n in numbers.items())]


def _abstained(answer: Answer) -> list[str]:
    assert answer.abstention is not None
    detail, needed = answer.abstention.detail, answer.abstention.needed
    lines = [verdict_words(answer)[0].upper(), _asked(answer), "", _fill(detail, "  "), _fill(f"Needed: {needed}", "  ")]
    near = [_near(h) for h in near_misses(answer)]
    return [*lines, *(["", "Nearest passages (they do not answer)", *near] if near else [])]


def render_findings(findings: Findings) -> str:
    """Give the codes that fit, each with its cited reasons and limits, and their sources; or why none does."""
    asked = one_line(asked_words(findings.question.as_of, findings.question.payer))
    if findings.abstention:
        told = [_fill(findings.abstention.detail, "  "), _fill(f"Needed: {findings.abstention.needed}", "  ")]
        near = [_near(h) for h in findings.evidence[:_MOST_NEAR]]
        return printable(
            "\n".join([NO_FIT.upper(), asked, "", *told, *(["", "Nearest passages (they name no code that fits)", *near] if near else [])])
        )
    numbers = number_findings(findings)
    fits = [line for place, fit in enumerate(findings.fits, start=1) for line in _fit(place, fit, numbers)]
    return printable(
        "\n".join([_found(findings), asked, *fits, "", "Sources", *(_source(findings.evidence, c, n) for c, n in numbers.items())])
    )


def _found(findings: Findings) -> str:
    count = len(findings.fits)
    return f"{count} CODE{'' if count == 1 else 'S'} MAY FIT, best first. {FIT_LINE}"


def _fit(place: int, fit: Fit, numbers: Mapping[Citation, int]) -> list[str]:
    def cited(sentence: Sentence, lead: str) -> str:
        return _fill(f"{lead}{sentence.text} {''.join(f'[{numbers[c]}]' for c in sentence.citations)}", "      ")

    head = f"{place}. {fit.code}" + (f"  ({'; '.join(fit.covers)})" if fit.covers else "")
    return ["", _fill(head), *(cited(s, "  - ") for s in fit.reasons), *(cited(s, f"  - {RULED_OUT}: ") for s in fit.limits)]


def _near(hit: Hit) -> str:
    told = textwrap.shorten(one_line(hit.passage.text), _NEAR_CHARS, placeholder=" …", break_on_hyphens=False, break_long_words=False)
    return _fill(f"- {', '.join(filter(None, (hit.document.publisher, hit.document.title)))}: {told}")


def _asked(answer: Answer) -> str:
    return one_line(asked_words(answer.question.as_of, answer.question.payer))


def _source(evidence: Sequence[Hit], citation: Citation, number: int) -> str:
    passage, document = citing(evidence, citation)
    place = [" > ".join(passage.section), f"page {citation.page}" if citation.page else "", f"characters {citation.start}-{citation.end}"]
    dated = validity_words(passage.valid_from, passage.valid_to) if passage.valid_from or passage.valid_to else ""
    payer = f"payer {passage.payer}" if passage.payer else ""
    about = [document.publisher, document.title, document.edition, document.authority, payer, dated]
    return _fill(f"[{number}] {', '.join(filter(None, about))}; {', '.join(filter(None, place))} {document.url}", "      ")


def _fill(text: str, hanging: str = "    ") -> str:
    """Give text in lines that break at spaces only, so that ranges of codes and addresses stay whole."""
    words = one_line(text)
    return textwrap.fill(words, _WIDTH, initial_indent="  ", subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
