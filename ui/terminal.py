"""An answer as text for a terminal."""

import textwrap

from assistant.answer import Answer, Role, Sentence
from assistant.record import citing, near_misses, number_citations
from ui.words import asked_words, validity_words, verdict_words

_WIDTH = 96
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
    return "\n".join([*lines, *(f"Note: {notice}" for notice in answer.notices)])


def _answered(answer: Answer) -> list[str]:
    numbers = number_citations(answer)

    def cited(sentence: Sentence, lead: str) -> str:
        markers = "".join(f"[{numbers[c]}]" for c in sentence.citations)
        return textwrap.fill(f"{lead}{' '.join(sentence.text.split())} {markers}", _WIDTH, initial_indent="  ", subsequent_indent="    ")

    label, meaning = verdict_words(answer)
    lines = [f"{label.upper()}. {meaning}", _asked(answer), ""]
    lines += [cited(sentence, _ROLES[sentence.role]) for sentence in answer.sentences]
    for conflict in answer.conflicts:
        lines += ["", "Sources disagree:", *(cited(side, "- ") for side in conflict.sides)]
    return [*lines, "", "Sources", *(_source(answer, n) for n in range(1, len(numbers) + 1))]


def _abstained(answer: Answer) -> list[str]:
    assert answer.abstention is not None
    lines = [
        f"{verdict_words(answer)[0].upper()}",
        _asked(answer),
        "",
        f"  {answer.abstention.detail}",
        f"  Needed: {answer.abstention.needed}",
    ]
    near = [
        textwrap.fill(
            f"- {h.document.publisher}, {h.document.title}: {' '.join(h.passage.text.split())[:300]}",
            _WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
        )
        for h in near_misses(answer)
    ]
    return [*lines, *(["", "Nearest passages (they do not answer)", *near] if near else [])]


def _asked(answer: Answer) -> str:
    return asked_words(answer.question.as_of, answer.question.payer)


def _source(answer: Answer, number: int) -> str:
    citation = next(c for c, n in number_citations(answer).items() if n == number)
    passage, document = citing(answer, citation)
    place = [" > ".join(passage.section), f"page {citation.page}" if citation.page else "", f"characters {citation.start}-{citation.end}"]
    dated = validity_words(passage.valid_from, passage.valid_to) if passage.valid_from or passage.valid_to else ""
    about = [document.publisher, document.title, document.edition, document.authority, f"payer {passage.payer}", dated]
    text = f"[{number}] {', '.join(filter(None, about))}; {', '.join(filter(None, place))} {document.url}".strip()
    return textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)
