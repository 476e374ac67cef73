"""An answer as text for a terminal."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assistant.answer import Answer, Citation, Hit, Role, Sentence
from assistant.languages import Language
from assistant.record import citing, near_misses, number_citations
from ui.safe_text import one_line, printable
from ui.words import (
    FIT_LINE,
    NO_FIT,
    RULED_OUT,
    asked_words,
    authority_words,
    label_words,
    maker_words,
    notice_words,
    phrases,
    reword,
    validity_words,
    verdict_words,
)

if TYPE_CHECKING:
    from assistant.find import Findings, Fit
    from assistant.gaps import GapGroup

_WIDTH = 96
_NEAR_CHARS = 300
_MOST_NEAR = 3
_MOST_NEEDED = 3
_LABELLED = (Role.CONDITION, Role.EXCEPTION, Role.DOCUMENTATION)


def render(answer: Answer) -> str:
    """Give the verdict, the cited sentences and their sources; or why there is no answer, and what is near."""
    lines = _abstained(answer) if answer.abstention else _answered(answer)
    notes = [*notice_words(answer), *([maker_words(answer)] if answer.provenance.answerer != "extractive" else [])]
    told = phrases(answer.language)["answer"]["note"]
    return printable("\n".join([*lines, *(told.format(note=note) for note in notes if note)]))


def render_each(answers: Sequence[Answer]) -> str:
    """Give the answers to one message one under the other, each headed by its question where there are several."""
    if len(answers) == 1:
        return render(answers[0])
    return "\n\n\n".join(f"{printable(_heading(n, answer))}\n{render(answer)}" for n, answer in enumerate(answers, start=1))


def _heading(number: int, answer: Answer) -> str:
    return textwrap.fill(one_line(f"{number}. {answer.question.text}"), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _answered(answer: Answer) -> list[str]:
    numbers, language = number_citations(answer), answer.language

    def cited(sentence: Sentence, lead: str) -> str:
        return _fill(f"{lead}{sentence.translation or sentence.text} {''.join(f'[{numbers[c]}]' for c in sentence.citations)}")

    label, meaning = verdict_words(answer)
    lines = [f"{label.upper()}. {meaning}", _asked(answer), ""]
    lines += [cited(s, f"{label_words(s.role, language)}: " if s.role in _LABELLED else "") for s in answer.sentences]
    for conflict in answer.conflicts:
        lines += ["", f"{label_words(Role.CONFLICT, language)}:", *(cited(side, "- ") for side in conflict.sides)]
    return [*lines, "", phrases(language)["answer"]["sources"], *(_source(answer.evidence, c, n, language) for c, n in numbers.items())]


def _abstained(answer: Answer) -> list[str]:
    assert answer.abstention is not None
    words = phrases(answer.language)["answer"]
    detail, needed = (reword(told, answer.language) for told in (answer.abstention.detail, answer.abstention.needed))
    lines = [verdict_words(answer)[0].upper(), _asked(answer), "", _fill(detail, "  "), _fill(words["needed"].format(needed=needed), "  ")]
    near = [_near(h) for h in near_misses(answer)]
    return [*lines, *(["", words["nearest"], *near] if near else [])]


def render_findings(findings: "Findings") -> str:
    """Give the codes that fit, each with its cited reasons and limits, and their sources; or why none does."""
    notes = [f"Note: {note}" for note in findings.question.notices]
    asked = one_line(asked_words(findings.question.as_of, findings.question.payer))
    if findings.abstention:
        told = [_fill(findings.abstention.detail, "  "), _fill(f"Needed: {findings.abstention.needed}", "  ")]
        near = [_near(h) for h in findings.evidence[:_MOST_NEAR]]
        return printable(
            "\n".join(
                [NO_FIT.upper(), asked, "", *told, *(["", "Nearest passages (they name no code that fits)", *near] if near else []), *notes]
            )
        )
    from assistant.find import number_citations as number_findings

    numbers = number_findings(findings)
    fits = [line for place, fit in enumerate(findings.fits, start=1) for line in _fit(place, fit, numbers)]
    return printable(
        "\n".join([_found(findings), asked, *fits, "", "Sources", *(_source(findings.evidence, c, n) for c, n in numbers.items()), *notes])
    )


def render_gaps(groups: "Sequence[GapGroup]") -> str:
    """Give the groups of unanswered questions, the most frequent first."""
    if not groups:
        return "No unanswered question is kept."
    count = sum(group.count for group in groups)
    head = f"{count} question{'' if count == 1 else 's'} got no answer"
    return printable("\n".join([head, *(line for group in groups for line in _gap(group))]))


def _gap(group: "GapGroup") -> list[str]:
    about = " · ".join(filter(None, (", ".join(group.codes), group.topic)))
    told = f"{group.count} x {about} (last {group.last_asked[:10]}; {', '.join(group.reasons)})"
    return [
        "",
        _fill(told),
        *(_fill(f"- Needed: {needed}", "      ") for needed in group.needed[:_MOST_NEEDED]),
        *(_fill(f"- Asked: {q}", "      ") for q in group.questions),
    ]


def _found(findings: "Findings") -> str:
    count = len(findings.fits)
    return f"{count} CODE{'' if count == 1 else 'S'} MAY FIT, best first. {FIT_LINE}"


def _fit(place: int, fit: "Fit", numbers: Mapping[Citation, int]) -> list[str]:
    def cited(sentence: Sentence, lead: str) -> str:
        return _fill(f"{lead}{sentence.text} {''.join(f'[{numbers[c]}]' for c in sentence.citations)}", "      ")

    head = f"{place}. {fit.code}" + (f"  ({'; '.join(fit.covers)})" if fit.covers else "")
    return ["", _fill(head), *(cited(s, "  - ") for s in fit.reasons), *(cited(s, f"  - {RULED_OUT}: ") for s in fit.limits)]


def _near(hit: Hit) -> str:
    told = textwrap.shorten(one_line(hit.passage.text), _NEAR_CHARS, placeholder=" …", break_on_hyphens=False, break_long_words=False)
    return _fill(f"- {', '.join(filter(None, (hit.document.publisher, hit.document.title)))}: {told}")


def _asked(answer: Answer) -> str:
    return one_line(asked_words(answer.question.as_of, answer.question.payer, answer.language))


def _source(evidence: Sequence[Hit], citation: Citation, number: int, language: Language = Language.EN) -> str:
    words = phrases(language)["answer"]
    passage, document = citing(evidence, citation)
    page = words["page"].format(page=citation.page) if citation.page else ""
    place = [" > ".join(passage.section), page, citation.place, words["characters"].format(start=citation.start, end=citation.end)]
    dated = validity_words(passage.valid_from, passage.valid_to, language) if passage.valid_from or passage.valid_to else ""
    payer = words["payer"].format(payer=passage.payer) if passage.payer else ""
    about = [document.publisher, document.title, document.edition, authority_words(document.authority, language), payer, dated]
    return _fill(f"[{number}] {', '.join(filter(None, about))}; {', '.join(filter(None, place))} {document.url}", "      ")


def _fill(text: str, hanging: str = "    ") -> str:
    """Give text in lines that break at spaces only, so that ranges of codes and addresses stay whole."""
    words = one_line(text)
    return textwrap.fill(words, _WIDTH, initial_indent="  ", subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
