"""The answers of a batch as rows of a table, one for each quote. Pure: answers in, cells out."""

from collections.abc import Iterator

from assistant.answer import Answer, Citation, Sentence
from assistant.record import citing, number_citations
from ui.batch import Replied
from ui.words import authority_words, label_words, notice_words, payer_words, validity_words, verdict_words

HEADER = (
    "Id", "Question", "Date of service", "Payer", "Verdict", "In words", "Lead sentence", "Role", "Sentence", "Number", "Quote",
    "Publisher", "Authority", "Title", "Edition", "In force", "For payer", "Section", "Page", "Place", "Address", "Notices",
)  # fmt: skip
_QUOTED = ("",) * (HEADER.index("Notices") - HEADER.index("Role"))
"""The cells of a quote where there is none."""


def batch_rows(replied: Replied) -> tuple[tuple[str, ...], ...]:
    """Give the rows of a line by `HEADER`: one for each quote of each sentence, those of disagreements last, or one that says why none.

    What belongs to the question stands on each of its rows, so that they can be sorted and filtered.
    """
    if replied.answer is None:
        return ((str(replied.id), replied.question, "", "", "Not read", replied.error, "", *_QUOTED, ""),)
    answer = replied.answer
    head, notices = _head(str(replied.id), answer), " ".join(notice_words(answer))
    rows = [(*head, *quoted, notices) for quoted in _quoted(answer)]
    return tuple(rows) or ((*head, *_QUOTED, notices),)


def _head(identity: str, answer: Answer) -> tuple[str, ...]:
    question, (verdict, line) = answer.question, verdict_words(answer)
    told = f"{line} {answer.abstention.detail}" if answer.abstention else line
    lead = answer.sentences[0].text if answer.sentences else ""
    return identity, question.text, question.as_of.isoformat(), question.payer or "", verdict, told, lead


def _quoted(answer: Answer) -> Iterator[tuple[str, ...]]:
    numbers = number_citations(answer)
    for sentence in (*answer.sentences, *(side for conflict in answer.conflicts for side in conflict.sides)):
        for citation in sentence.citations:
            yield (*_said(answer, sentence), str(numbers[citation]), *_source(answer, citation))


def _said(answer: Answer, sentence: Sentence) -> tuple[str, str]:
    return label_words(sentence.role, answer.language), sentence.text


def _source(answer: Answer, citation: Citation) -> tuple[str, ...]:
    passage, document = citing(answer.evidence, citation)
    section = " › ".join(name for name in passage.section if name != document.title)
    known = (document.publisher, authority_words(document.authority), document.title, document.edition or document.published)
    binds = (validity_words(passage.valid_from, passage.valid_to), payer_words(passage.payer))
    return citation.quote, *known, *binds, section, str(citation.page or ""), citation.place, document.url
