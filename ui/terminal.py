"""An answer as text for a terminal."""

import textwrap

from assistant.answer import Answer, Hit, Role, Sentence
from assistant.record import citing, near_misses, number_citations
from ui.safe_text import one_line, printable
from ui.words import asked_words, maker_words, notice_words, validity_words, verdict_words

_WIDTH = 96
_NEAR_CHARS = 300
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


def _answered(answer: Answer) -> list[str]:
    numbers = number_citations(answer)

    def cited(sentence: Sentence, lead: str) -> str:
        return _fill(f"{lead}{sentence.text} {''.join(f'[{numbers[c]}]' for c in sentence.citations)}")

    label, meaning = verdict_words(answer)
    lines = [f"{label.upper()}. {meaning}", _asked(answer), ""]
    lines += [cited(sentence, _ROLES[sentence.role]) for sentence in answer.sentences]
    for conflict in answer.conflicts:
        lines += ["", "Sources disagree:", *(cited(side, "- ") for side in conflict.sides)]
    return [*lines, "", "Sources", *(_source(answer, n) for n in range(1, len(numbers) + 1))]


def _abstained(answer: Answer) -> list[str]:
    assert answer.abstention is not None
    detail, needed = answer.abstention.detail, answer.abstention.needed
    lines = [verdict_words(answer)[0].upper(), _asked(answer), "", _fill(detail, "  "), _fill(f"Needed: {needed}", "  ")]
    near = [_near(h) for h in near_misses(answer)]
    return [*lines, *(["", "Nearest passages (they do not answer)", *near] if near else [])]


def _near(hit: Hit) -> str:
    told = textwrap.shorten(one_line(hit.passage.text), _NEAR_CHARS, placeholder=" …", break_on_hyphens=False, break_long_words=False)
    return _fill(f"- {', '.join(filter(None, (hit.document.publisher, hit.document.title)))}: {told}")


def _asked(answer: Answer) -> str:
    return one_line(asked_words(answer.question.as_of, answer.question.payer))


def _source(answer: Answer, number: int) -> str:
    citation = next(c for c, n in number_citations(answer).items() if n == number)
    passage, document = citing(answer, citation)
    place = [" > ".join(passage.section), f"page {citation.page}" if citation.page else "", f"characters {citation.start}-{citation.end}"]
    dated = validity_words(passage.valid_from, passage.valid_to) if passage.valid_from or passage.valid_to else ""
    payer = f"payer {passage.payer}" if passage.payer else ""
    about = [document.publisher, document.title, document.edition, document.authority, payer, dated]
    return _fill(f"[{number}] {', '.join(filter(None, about))}; {', '.join(filter(None, place))} {document.url}", "      ")


def _fill(text: str, hanging: str = "    ") -> str:
    """Give text in lines that break at spaces only, so that ranges of codes and addresses stay whole."""
    words = one_line(text)
    return textwrap.fill(words, _WIDTH, initial_indent="  ", subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
