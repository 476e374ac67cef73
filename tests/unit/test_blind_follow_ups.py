"""Conversations by two authors who knew neither the rules nor each other's: 214 follow-ups, 173 understood at first sight.

`tests/data/follow_ups.jsonl` holds a conversation a line; each turn tells what it means: codes, payer, day (none: today; or a month
or year of which any day is right) and whether it leans on the turns before. A turn without codes to mean asks nothing.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conversing import TODAY, follow

CONVERSATIONS = [json.loads(line) for line in (Path(__file__).parents[1] / "data" / "follow_ups.jsonl").read_text("utf-8").splitlines()]
FOLLOW_UPS = [(conversation["id"], number) for conversation in CONVERSATIONS for number in range(1, len(conversation["turns"]))]
TURNS: dict[str, list[dict[str, Any]]] = {conversation["id"]: conversation["turns"] for conversation in CONVERSATIONS}
MISSED = {("a-015", 1), ("a-035", 2), ("b-002", 1), ("b-019", 3), ("b-022", 1), ("b-028", 3)}


@pytest.mark.parametrize(
    ("identity", "number"),
    [
        pytest.param(*case, marks=[pytest.mark.xfail(strict=True, reason="no rule knows it")] if case in MISSED else [])
        for case in FOLLOW_UPS
    ],
)
def test_a_follow_up_written_without_the_rules_is_understood(identity: str, number: int) -> None:
    turns = TURNS[identity][: number + 1]
    meant = turns[-1]
    resolved, question, _ = follow(tuple(turn["text"] for turn in turns))
    if "codes" not in meant:
        assert not resolved.is_question
        return
    day = meant.get("as_of", TODAY.isoformat())
    found = (set(question.codes), question.payer, question.as_of.isoformat()[: len(day)], bool(resolved.carried))
    assert found == (set(meant["codes"]), meant.get("payer"), day, "leans" in meant), resolved


@pytest.mark.parametrize(
    ("asked", "said", "codes", "payer", "day"),
    [
        ("¿Se puede facturar 77336 cada semana?", "¿y 77300?", ("77300",), None, ""),
        ("¿Se puede facturar 77336 cada semana?", "¿y para Medicare?", ("77336",), "Medicare", ""),
        ("Peut-on facturer 77336 chaque semaine ?", "et en 2024 ?", ("77336",), None, "2024"),
        ("Kann 77336 jede Woche abgerechnet werden?", "Was ist mit Aetna?", ("77336",), "Aetna", ""),
        ("77336可以每周报一次吗？", "那77300呢？", ("77300",), None, ""),
        ("77336可以每周报一次吗？", "那2024年呢？", ("77336",), None, "2024"),
        ("77336을 매주 청구할 수 있나요?", "그럼 77300은요?", ("77300",), None, ""),
        ("Có thể tính 77336 mỗi tuần không?", "còn Medicare?", ("77336",), "Medicare", ""),
        ("Pwede bang i-bill ang 77336 linggo-linggo?", "paano naman ang 77300?", ("77300",), None, ""),
        ("Можно ли выставлять 77336 каждую неделю?", "а для Medicare?", ("77336",), "Medicare", ""),
        ("هل يمكن فوترة 77336 كل أسبوع؟", "وماذا عن 77300؟", ("77300",), None, ""),
    ],
)
def test_a_bare_follow_up_in_another_language_leans_as_in_english(
    asked: str, said: str, codes: tuple[str, ...], payer: str | None, day: str
) -> None:
    resolved, question, _ = follow((asked, said))
    assert (question.codes, question.payer, question.as_of.isoformat()[: len(day)]) == (codes, payer, day)
    assert resolved.carried


@pytest.mark.parametrize("said", ["Und wer muss den Bericht unterschreiben?", "¿y quién firma el informe?"])
def test_a_whole_question_in_another_language_starts_clean(said: str) -> None:
    assert not follow(("Is 77336 billed weekly?", said))[0].carried


@pytest.mark.parametrize(
    ("turns", "text", "codes"),
    [
        (("27 minutes, 99214?", "31 minutes?"), "31 minutes, 99214?", ("99214",)),
        (("Can 77306 be billed for 4 ports?", "sorry, 2 ports"), "Can 77306 be billed for 2 ports?", ("77306",)),
        (("Can 77427, 77470 and 77336 be billed together?", "drop 77336"), "Can 77427 and 77470 be billed together?", ("77427", "77470")),
        (("Kann 77300 abgerechnet werden?", "nein, ich meinte 77295"), "Kann 77295 abgerechnet werden?", ("77295",)),
    ],
)
def test_an_amount_or_a_code_is_exchanged_or_taken_out(turns: tuple[str, ...], text: str, codes: tuple[str, ...]) -> None:
    resolved, question, _ = follow(turns)
    assert (resolved.text, question.codes) == (text, codes)
    assert resolved.carried


@pytest.mark.parametrize("said", ["What is modifier 59?", "what does modifier 26 mean?"])
def test_what_a_modifier_is_starts_clean(said: str) -> None:
    resolved = follow(("Can 77300 be billed with 77307?", said))[0]
    assert (resolved.text, resolved.carried) == (said, ())
