"""Write an answer with its sources as plain text, for the clipboard."""

from ui.present import AnswerView, SentenceView, SideView, SourceView
from ui.words import phrases


def plain_text(view: AnswerView) -> str:
    """Give the whole answer: question, verdict, sentences with markers, both sides of disagreements, sources."""
    head = [view.question, view.asked, "", f"{view.verdict}. {view.line}"]
    body = [_sentence(s) for s in view.sentences]
    sides = [_side(side) for conflict in view.conflicts for side in conflict]
    return "\n".join([*head, *_abstention(view), *_block(body), *_block(sides), *_block([_source(s) for s in view.sources])]) + "\n"


def _block(lines: list[str]) -> list[str]:
    return ["", *lines] if lines else []


def _abstention(view: AnswerView) -> list[str]:
    if not view.abstention:
        return []
    return [view.abstention.detail, phrases(view.language)["answer"]["needed"].format(needed=view.abstention.needed)]


def _sentence(sentence: SentenceView) -> str:
    return f"{sentence.label}: {_marked(sentence)}"


def _marked(sentence: SentenceView) -> str:
    return sentence.text + " " + "".join(f"[{n}]" for n in sentence.numbers)


def _side(side: SideView) -> str:
    return f"{side.sentence.label}, {side.source.publisher or side.source.title}: {_marked(side.sentence)}"


def _source(source: SourceView) -> str:
    facts = (
        source.title,
        source.publisher,
        source.authority,
        source.edition,
        source.validity,
        source.payer,
        source.section,
        source.page,
        source.place,
        source.standing.rstrip("."),
        source.url,
    )
    return f'[{source.number}] {"; ".join(filter(None, facts))}\n    "{source.quote}"'
