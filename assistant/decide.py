"""Turn what passed the gate into an answer, or into an abstention that says why and what is missing."""

from collections.abc import Collection, Sequence

from assistant.answer import Abstention, Citation, Conflict, Draft, Hit, Intent, Question, Reason, Role, Sentence, Status, Verdict
from assistant.lookalikes import near_codes
from assistant.polarity import Ruling, is_negated, ruling_of
from assistant.terms import alike

_MAX_NEAR = 4
_SAME = 0.65


def settle(draft: Draft, sentences: Sequence[Sentence], conflicts: Sequence[Conflict]) -> tuple[Status, Verdict]:
    """Give status and verdict of a grounded draft that has sentences.

    A verdict stands only while the sentence that decides it does, and is conditional where authorities
    disagree on it.
    """
    whole = len(sentences) == len(draft.sentences) and not draft.broken_off
    status = Status.ANSWERED if whole else Status.PARTIAL
    decided = any(s.role is Role.VERDICT for s in sentences)
    if draft.verdict is Verdict.NONE or not decided:
        return status, Verdict.NONE
    sides = [side for conflict in conflicts for side in conflict.sides]
    disputed = any(_rests_on_one(s, side) for s in sentences if s.role is Role.VERDICT for side in sides)
    return status, Verdict.CONDITIONAL if disputed else draft.verdict


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


def no_answer(question: Question, reason: Reason, hits: Sequence[Hit]) -> Abstention:
    """Give the abstention for an answerer that found nothing to say."""
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
    return Abstention(
        reason, details.get(reason, "The library does not answer this.") + ("" if hits else " No passage is in scope."), wanted
    )


def follow_ups(question: Question, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Give up to three further questions that the passages found can bear on, none of which was just asked."""
    held = frozenset().union(*(h.passage.codes for h in hits)) if hits else frozenset()
    asked = tuple(c for c in question.codes if c in held) or tuple(dict.fromkeys(c for h in hits[:3] for c in h.passage.named_codes))[:1]
    if not asked:
        return ()
    others = [c for c in dict.fromkeys(c for h in hits for c in h.passage.named_codes) if c not in asked and _is_procedure(c)]
    ideas = [
        (Intent.DOCUMENTATION, f"What must be documented for {asked[0]}?"),
        (Intent.MODIFIER, f"Which modifier applies to {asked[0]}?"),
    ]
    ideas += [(Intent.OTHER, f"Can {asked[0]} and {others[0]} be billed together?")] if others else []
    return tuple(idea for intent, idea in ideas if intent is not question.intent or intent is Intent.OTHER)


def _is_procedure(code: str) -> bool:
    """Tell CPT and G codes, which can be billed beside another, from diagnoses."""
    return len(code) == 5 and (code[0].isdigit() or code[0] == "G")


def cited_passages(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    """Give the ids of the passages that the sentences cite, each once."""
    citations: list[Citation] = [c for s in sentences for c in s.citations]
    return tuple(dict.fromkeys(c.passage_id for c in citations))
