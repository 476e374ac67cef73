"""The optional judge turns a chat model's reply into labels, takes nothing else for one, and is reported apart."""

from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langsmith.utils import get_env_var

from assistant.answer import Citation, Role, Sentence
from corpus.errors import EvalError
from evals.cases import Nugget
from evals.judge import Judgement, Label, judge, judge_all, judged_lines, strict


def result(*sentences: Sentence) -> Any:
    case = SimpleNamespace(id="c", nuggets=(Nugget("a", "", True), Nugget("b", "", True), Nugget("okay", "", False)))
    return SimpleNamespace(marked=SimpleNamespace(case=case, sentences=sentences, citations=[c for s in sentences for c in s.citations]))


def quoted(text: str) -> Sentence:
    return Sentence(text, Role.BACKGROUND, (Citation("p", "d", text, 0, len(text), None),))


def test_vital_nuggets_and_citations_get_a_label_each() -> None:
    model = FakeListChatModel(responses=['Here: ["support", "partial_support"]', '["not_support"]'])
    assert judge(model, result(quoted("words"))) == Judgement("c", (Label.SUPPORT, Label.PARTIAL), (Label.NOT,))


def test_an_abstention_is_not_sent_to_the_model() -> None:
    assert judge(FakeListChatModel(responses=[]), result()) == Judgement("c", (Label.NOT, Label.NOT), ())


@pytest.mark.parametrize("reply", ["yes", '["support"]', '["great", "support"]', "[1, 2]", "[[], {}]"])
def test_a_reply_that_is_not_the_labels_asked_for_is_refused(reply: str) -> None:
    with pytest.raises(EvalError):
        judge(FakeListChatModel(responses=[reply]), result(quoted("words")))


def test_partial_support_does_not_count_as_support() -> None:
    assert strict((Label.SUPPORT, Label.PARTIAL, Label.NOT, Label.NOT)) == 0.25
    assert strict(()) is None
    lines = judged_lines([Judgement("c", (Label.SUPPORT,), ()), Judgement("d", (Label.NOT,), (Label.SUPPORT,))], 3)
    assert "2 answers out of 3" in lines[0]
    assert [line.split()[-3:] for line in lines[1:]] == [["0.500", "0.500", "2"], ["1.000", "0.000", "1"]]


def test_an_answer_that_the_model_cannot_judge_is_left_out() -> None:
    model = FakeListChatModel(responses=["no", '["support", "support"]', '["support"]'])
    assert len(judge_all(model, [result(quoted("words")), result(quoted("words"))])) == 1


def test_a_model_that_fails_is_told() -> None:
    with pytest.raises(EvalError, match="failed"):
        judge(SimpleNamespace(invoke=lambda _: 1 / 0), result(quoted("words")))


def test_no_tracing_service_sees_what_is_judged_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    watchers: list[str] = []

    class Watched(FakeListChatModel):
        def _call(self, *given: Any, run_manager: Any = None, **more: Any) -> str:
            watchers.extend(type(handler).__name__ for handler in run_manager.handlers)
            return super()._call(*given, run_manager=run_manager, **more)

    for name, value in (("TRACING", "true"), ("API_KEY", "canary"), ("ENDPOINT", "http://127.0.0.1:9")):
        monkeypatch.setenv(f"LANGSMITH_{name}", value)
    get_env_var.cache_clear()
    try:
        judge(Watched(responses=['["support", "support"]', '["support"]']), result(quoted("words")))
    finally:
        get_env_var.cache_clear()
    assert watchers == []
