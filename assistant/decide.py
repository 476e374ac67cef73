"""Turn what passed the gate into an answer, or into an abstention that says why and what is missing."""

from collections.abc import Collection, Sequence

from assistant.answer import Abstention, Citation, Conflict, Draft, Hit, Intent, Question, Reason, Role, Sentence, Status, Verdict
from assistant.lookalikes import near_codes
from assistant.polarity import Ruling, asks_for_records, is_negated, ruling_of, speaks_of_both
from assistant.terms import alike, stem, stems
from ingest.codes import codes_written

_MAX_NEAR = 4
_MOST_OF_EACH = 2
_MOST_IDEAS = 3
_FEWEST_WORDS, _MOST_CHARS = 6, 120
_NEARLY = 0.75
_SAME = 0.65
LESSER = "The passage that decides comes from a vendor, publisher or forum, not from Medicare, a payer, a society or the code set."
_SET_NO_RULE = frozenset({"vendor or publisher", "forum"})
_WANTED = {
    Intent.FREQUENCY: "It should say how often or how many times.",
    Intent.WHO: "It should say who performs, supervises, signs or must be present.",
    Intent.DOCUMENTATION: "It should say what must be documented.",
    Intent.MODIFIER: "It should say which modifier applies.",
    Intent.REPLACEMENT: "It should say what replaced the code, and when.",
    Intent.RATE: "It should give the amount, and for which year.",
    Intent.TOGETHER: "It should say whether the services may be billed together.",
    Intent.WHICH_CODE: "It should say which code reports this service.",
    Intent.RULING: "It should say whether this is allowed.",
}


def settle(draft: Draft, sentences: Sequence[Sentence], conflicts: Sequence[Conflict], own: Collection[str] = ()) -> tuple[Status, Verdict]:
    """Give status and verdict of a grounded draft that has sentences.

    A verdict stands only while the sentence that decides it does, and is conditional where authorities
    disagree on it; not where it is a rule of the payer asked about (its passage is among `own`) and the other sides are not.
    """
    whole = len(sentences) == len(draft.sentences) and not draft.broken_off
    status = Status.ANSWERED if whole else Status.PARTIAL
    deciding = [s for s in sentences if s.role is Role.VERDICT]
    if draft.verdict is Verdict.NONE or not deciding:
        return status, Verdict.NONE
    theirs = set(own)
    by_others = theirs.isdisjoint(cited_passages(deciding))
    still_open = [c for c in conflicts if by_others or len(theirs.intersection(cited_passages(c.sides))) > 1]
    disputed = any(_rests_on_one(s, side) for s in deciding for conflict in still_open for side in conflict.sides)
    return status, Verdict.CONDITIONAL if disputed else draft.verdict


def bears_on(question: Question, sentence: Sentence) -> bool:
    """Tell whether a sentence decides a question or shares a word of meaning with it beside its codes."""
    asked = stems(question.text) - {stem(code.lower()) for code in question.codes}
    return sentence.role is Role.VERDICT or not asked.isdisjoint(stems(sentence.text))


def tell_apart(question: Question, draft: Draft, parts: Sequence[Draft]) -> Draft:
    """Give for a question that wants codes told apart what names all of them, and the foremost sentences on each.

    Where a code has none the draft stays as it is.
    """
    if not parts or any(not part.sentences for part in parts):
        return draft
    together = [s for s in draft.sentences if set(question.codes) <= codes_written(s.text)]
    each = [s for part in parts for s in part.sentences[:_MOST_OF_EACH]]
    return Draft(Verdict.NONE, tuple({s.text: s for s in (*together[:_MOST_OF_EACH], *each)}.values()))


def said_once(sentences: Sequence[Sentence], conflicts: Sequence[Conflict]) -> tuple[Sentence, ...]:
    """Give the sentences without those that are quoted as a side of a disagreement; the first and what decides stay."""
    sides = {side.text for conflict in conflicts for side in conflict.sides}
    return tuple(s for n, s in enumerate(sentences) if n == 0 or s.role is Role.VERDICT or s.text not in sides)


def rests_on_lesser(sentences: Sequence[Sentence], hits: Sequence[Hit]) -> bool:
    """Tell whether all that decides was said by those who set no rule."""
    by_id = {h.passage.id: h.document.authority for h in hits}
    deciding = [by_id[c.passage_id] for s in sentences if s.role is Role.VERDICT for c in s.citations]
    return bool(deciding) and all(authority in _SET_NO_RULE for authority in deciding)


def says_the_same(one: str, other: str) -> bool:
    """Tell whether two texts share so many words that one source repeats the other."""
    return alike(one, other) > _SAME


def _rests_on_one(sentence: Sentence, other: Sentence) -> bool:
    """Tell whether two sentences rest on one passage, or on one that repeats it."""
    passages = {c.passage_id for c in sentence.citations}
    return not passages.isdisjoint(c.passage_id for c in other.citations) or says_the_same(sentence.text, other.text)


def proved_verdict(verdict: Verdict, question: Question, sentences: Sequence[Sentence]) -> Verdict:
    """Give what is left of a chat model's verdict: the quotes of the deciding sentences must rule the same.

    Where they set a condition it is conditional, where they rule otherwise or not at all there is none.
    """
    quotes = [c.quote for s in sentences if s.role is Role.VERDICT for c in s.citations]
    rulings = {ruling_of(quote, question.text) for quote in quotes} - {Ruling.SILENT}
    if verdict is Verdict.NONE or not question.asks_ruling or not rulings:
        return Verdict.NONE
    if verdict is Verdict.CONDITIONAL or len(rulings) > 1 or Ruling.CONDITIONAL in rulings:
        return Verdict.CONDITIONAL
    says_yes = (Ruling.REFUSED in rulings) == is_negated(question.text)
    return verdict if says_yes == (verdict is Verdict.YES) else Verdict.NONE


def unknown_codes(unknown: Sequence[str], known: Collection[str]) -> Abstention:
    """Give the abstention on codes that are not among the known ones, each with what it may stand for, nearest first."""
    names = ", ".join(unknown)
    return Abstention(
        Reason.UNKNOWN_CODE,
        " ".join(f"No such code in the library: {code}{_near(code, known)}." for code in unknown),
        f"A source that names {names}, if the number is right.",
    )


def _near(code: str, known: Collection[str]) -> str:
    near = near_codes(code, known)[:_MAX_NEAR]
    return f"; near: {', '.join(near)}" if near else ""


def not_in_force(question: Question, codes: Sequence[str]) -> Abstention:
    """Give the abstention where sources exist, but none in force on the date of service."""
    about = ", ".join(codes)
    holds = f"There are rules on {about} in {question.within.name}" if question.within else f"The library holds rules on {about}"
    return Abstention(
        Reason.NOT_IN_FORCE,
        f"{holds}, but none that was in force on {question.as_of.isoformat()}.",
        f"A source on {about} that was in force on {question.as_of.isoformat()}, or another date of service.",
    )


def advice() -> Abstention:
    """Give the abstention on clinical, legal or employment advice."""
    return Abstention(
        Reason.OUT_OF_SCOPE,
        "This asks for clinical, legal or employment advice; Codecite answers billing questions from its sources.",
        "A billing question, or a person who may give that advice.",
    )


def unread(near: bool) -> Abstention:
    """Give the abstention on a question in another language that was not translated and of which too little can be read."""
    return Abstention(
        Reason.WEAK_EVIDENCE if near else Reason.NO_EVIDENCE,
        "Without a translation only the codes, modifiers, payer, date and English words of a question can be read; this one has too few.",
        "The question in English, or the codes that it is about.",
    )


def no_answer(question: Question, reason: Reason, hits: Sequence[Hit], missing: Sequence[str] = ()) -> Abstention:
    """Give the abstention for an answerer that found nothing to say; `missing` are words that the nearest passages do not hold."""
    about, place = ", ".join(question.codes) or "this", question.within.name if question.within else "the library"
    payer = f" for {question.payer}" if question.payer else ""
    wanted = f"A source that answers this question{payer}" + (f" and names {about}." if question.codes else ".")
    wanted = f"The same question put to the whole library, or: {wanted[0].lower()}{wanted[1:]}" if question.within else wanted
    details = {
        Reason.NO_EVIDENCE: f"Nothing in {place} says this about {about}{payer}."
        if question.codes
        else f"Nothing in {place} answers this.",
        Reason.WEAK_EVIDENCE: f"The nearest passages{f' of {place}' if question.within else ''} do not say enough to answer this.",
        Reason.OUT_OF_SCOPE: f"Nothing in {place} is about this.",
        Reason.UNSUPPORTED_DRAFT: "No sentence of the proposed answer could be proved by a quote.",
    }
    unsaid = f" The nearest passages do not speak of: {', '.join(missing)}." if missing else ""
    detail = details.get(reason, "The library does not answer this.") + unsaid + ("" if hits else " No passage is in scope.")
    aim = f" {_WANTED[question.intent]}" if question.intent in _WANTED and reason is not Reason.OUT_OF_SCOPE else ""
    return Abstention(reason, detail, wanted + aim)


def follow_ups(question: Question, sentences: Sequence[Sentence], hits: Sequence[Hit]) -> tuple[str, ...]:
    """Give up to three further questions that the passages found answer, none of which was just asked or answered.

    Those that passages beside the ones cited are known to answer come first, then what the words of the passages can bear on.
    """
    cited = set(cited_passages(sentences))
    beside = [h for h in hits if h.passage.id not in cited and _on_subject(question, h, hits[0])]
    beside.sort(key=lambda h: -len(h.passage.codes.intersection(question.codes)))
    ideas = [idea for h in beside for idea in _ready(question, h)[:1]] + _bearing(question, hits)
    fresh: list[str] = []
    for idea in ideas:
        if all(not says_the_same(idea, other) for other in (question.text, *fresh)):
            fresh.append(idea)
    return tuple(fresh[:_MOST_IDEAS])


def _on_subject(question: Question, hit: Hit, best: Hit) -> bool:
    """Tell whether a passage speaks of a code asked about, or where none is, bears on the question nearly as well as the best."""
    return not hit.passage.codes.isdisjoint(question.codes) if question.codes else hit.score >= _NEARLY * best.score


def _ready(question: Question, hit: Hit) -> list[str]:
    """Give the questions that a passage is known to answer and that a reader understands by themselves."""
    whole = [
        q
        for q in hit.passage.questions
        if q[:1].isupper() and q.endswith("?") and len(q.split()) >= _FEWEST_WORDS and len(q) <= _MOST_CHARS
    ]
    return [q for q in whole if not question.codes or any(code in q for code in question.codes)]


def _bearing(question: Question, hits: Sequence[Hit]) -> list[str]:
    """Give what the words of the passages on a code asked about, or on that of the best passage, can bear on."""
    held = [c for h in hits[:3] for c in h.passage.named_codes]
    code = next((c for c in question.codes if any(c in h.passage.codes for h in hits)), held[0] if held and not question.codes else "")
    if not _is_procedure(code):
        return []
    on_code = [h.passage for h in hits if code in h.passage.codes]
    both = [p for p in on_code if code in p.named_codes and len(p.named_codes) > 1 and speaks_of_both(p.text)]
    others = [c for p in both for c in p.named_codes if c not in question.codes and c != code and _is_procedure(c)]
    ideas = (
        (Intent.DOCUMENTATION, any(asks_for_records(p.text) for p in on_code), f"What must be documented for {code}?"),
        (Intent.MODIFIER, any(p.modifiers for p in on_code), f"Which modifier applies to {code}?"),
        (Intent.TOGETHER, bool(others), f"Can {code} and {others[0] if others else ''} be billed together?"),
    )
    return [idea for intent, there, idea in ideas if there and (intent is not question.intent or intent is Intent.TOGETHER)]


def _is_procedure(code: str) -> bool:
    """Tell CPT and G codes, which can be billed beside another, from diagnoses."""
    return len(code) == 5 and (code[0].isdigit() or code[0] == "G")


def cited_passages(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    """Give the ids of the passages that the sentences cite, each once."""
    citations: list[Citation] = [c for s in sentences for c in s.citations]
    return tuple(dict.fromkeys(c.passage_id for c in citations))
