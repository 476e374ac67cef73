"""Show scores: as a table for the terminal, as JSON, as one HTML file with plots. Reads and writes baselines."""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from assistant.answer import Verdict
from assistant.record import answer_record
from corpus.errors import EvalError
from evals.metrics import Metric, by_scorer, metric
from evals.run import Result, means
from evals.scorers import missed

_SHOWN_TAG_METRICS = ("nuggets, vital", "verdict right", "answers when due", "abstains when due", "nDCG@10")
_WORST = 20
_STEPS = 20


def render_table(results: Sequence[Result], baseline: Mapping[str, float], *, show_cases: bool = True) -> str:
    """Give every metric with standard error, count and change since the baseline; then by tag, then the worst answers."""
    lines = [f"{len(results)} questions", "", f"{'metric':20} {'mean':>6} {'± s.e.':>7} {'n':>4}  since baseline"]
    for name, found in by_scorer(_scores(results)).items():
        change = f"{found.mean - baseline[name]:+.3f}" if name in baseline else "new"
        lines.append(f"{name:20} {found.mean:6.3f} {found.error:7.3f} {found.count:4}  {change}")
    lines += ["", "by tag" + " " * 16 + "  ".join(f"{name:>18}" for name in _SHOWN_TAG_METRICS)]
    for tag in sorted({tag for r in results for tag in r.marked.case.tags}):
        lines.append(f"{tag:20} {_tag_row([r for r in results if tag in r.marked.case.tags])}")
    return "\n".join([*lines, *(_worst_lines(results) if show_cases else ())])


def write_json(results: Sequence[Result], path: Path) -> None:
    """Write every answer with its scores."""
    rows = [
        {"id": r.marked.case.id, "scores": {s.scorer: s.value for s in r.scores}, "answer": answer_record(r.marked.answer)} for r in results
    ]
    path.write_text(json.dumps({"means": means(results), "cases": rows}, ensure_ascii=False, indent=1), encoding="utf-8")


def write_html(results: Sequence[Result], path: Path, title: str, *, show_cases: bool = True) -> None:
    """Write a page of its own: metrics, three plots, and, unless the split is kept unread, every answer."""
    shown = list(results) if show_cases else []
    parts = [
        f"<h1>{html.escape(title)}</h1><table><tr><th>metric<th>mean<th>standard error<th>n</tr>",
        *(f"<tr><td>{name}<td>{m.mean:.3f}<td>{m.error:.3f}<td>{m.count}</tr>" for name, m in by_scorer(_scores(results)).items()),
        "</table><h2>Vital nuggets by tag</h2>",
        _bars(_by_tag(results, "nuggets, vital")),
        "<h2>Answered against wrong, over the least cosine of the best passage</h2><p>Line: share of answerable questions answered."
        " Dashed: share of answers that should have been abstentions.</p>",
        _curve(results),
        "<h2>Verdicts: expected (rows) and given (columns)</h2>",
        _confusion(results),
        *(_case_html(r) for r in shown),
    ]
    path.write_text(_PAGE.format(title=html.escape(title), body="\n".join(parts)), encoding="utf-8")


def load_baseline(name: str) -> dict[str, float]:
    """Give the committed means of a suite and split, {} where there are none.

    Raises:
        EvalError: the baseline cannot be read.
    """
    source = files("evals").joinpath("baselines", f"{Path(name).stem}.json")
    if not source.is_file():
        return {}
    try:
        return {str(key): float(value) for key, value in json.loads(source.read_text(encoding="utf-8")).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise EvalError(f"the baseline {name} is damaged ({error}); save it anew with --save-baseline") from error


def save_baseline(results: Sequence[Result], name: str) -> Path:
    """Write the means as the baseline of a suite and split; for a checkout, not for an installed package."""
    path = Path(str(files("evals"))) / "baselines" / f"{Path(name).stem}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(means(results), indent=1) + "\n", encoding="utf-8")
    return path


def _scores(results: Iterable[Result]) -> list[Any]:
    return [score for result in results for score in result.scores]


def _value(result: Result, name: str) -> float | None:
    return next(score.value for score in result.scores if score.scorer == name)


def _tag_row(results: Sequence[Result]) -> str:
    return "  ".join(_cell(metric(_value(r, name) for r in results)) for name in _SHOWN_TAG_METRICS)


def _cell(found: Metric | None) -> str:
    return f"{found.mean:6.3f} ±{found.error:.3f} {found.count:4}" if found else " " * 18


def _worst(results: Sequence[Result]) -> list[Result]:
    judged = ("nuggets, vital", "verdict right", "abstains when due")
    return sorted(results, key=lambda r: (metric(_value(r, name) for name in judged) or Metric(1.0, 0.0, 0)).mean)[:_WORST]


def _worst_lines(results: Sequence[Result]) -> list[str]:
    lines = ["", f"worst {_WORST}"]
    for result in _worst(results):
        case, answer = result.marked.case, result.marked.answer
        lines.append(f"{case.id}  expected {case.status}/{case.verdict}, got {answer.status}/{answer.verdict}: {case.question}")
        lines += [f"      shown   {s.role}: {' '.join(s.text.split())[:150]}" for s in answer.sentences[:2]]
        lines += [f"      missing {nugget.text[:150]}" for nugget in missed(result.marked)]
    return lines


def _by_tag(results: Sequence[Result], name: str) -> dict[str, float]:
    tags = sorted({tag for r in results for tag in r.marked.case.tags})
    found = {tag: metric(_value(r, name) for r in results if tag in r.marked.case.tags) for tag in tags}
    return {tag: value.mean for tag, value in found.items() if value}


def _bars(values: Mapping[str, float]) -> str:
    rows = (
        f'<text x="150" y="{n * 20 + 15}" text-anchor="end">{html.escape(tag)}</text><rect x="156" y="{n * 20 + 3}" width="{value * 300:.0f}" height="14"/>'
        f'<text x="{162 + value * 300:.0f}" y="{n * 20 + 15}">{value:.2f}</text>'
        for n, (tag, value) in enumerate(values.items())
    )
    return f'<svg width="520" height="{len(values) * 20 + 10}" role="img" aria-label="bars">{"".join(rows)}</svg>'


def _confidence(result: Result) -> float:
    return max((hit.cosine for hit in result.marked.answer.evidence), default=0.0)


def _curve(results: Sequence[Result]) -> str:
    due = sum(r.marked.case.answerable for r in results) or 1
    answered, wrong = [], []
    for step in range(_STEPS + 1):
        kept = [r for r in results if r.marked.answer.sentences and _confidence(r) >= step / _STEPS]
        answered.append(sum(r.marked.case.answerable for r in kept) / due)
        wrong.append(sum(not r.marked.case.answerable for r in kept) / (len(kept) or 1))
    lines = (f'<polyline class="{name}" points="{_points(values)}"/>' for name, values in (("answered", answered), ("wrong", wrong)))
    return f'<svg width="520" height="220" role="img" aria-label="curve"><rect class="frame" x="10" y="10" width="500" height="200"/>{"".join(lines)}</svg>'


def _points(values: Sequence[float]) -> str:
    return " ".join(f"{10 + n * 500 / _STEPS:.0f},{210 - value * 200:.0f}" for n, value in enumerate(values))


def _confusion(results: Sequence[Result]) -> str:
    due = [r.marked for r in results if r.marked.case.answerable]
    head = "".join(f"<th>{v}" for v in Verdict)
    rows = (
        f"<tr><th>{expected}"
        + "".join(f"<td>{sum(m.case.verdict is expected and m.answer.verdict is given for m in due)}" for given in Verdict)
        for expected in Verdict
    )
    return f"<table><tr><th>{head}</tr>{''.join(rows)}</table>"


def _case_html(result: Result) -> str:
    case, answer = result.marked.case, result.marked.answer
    sentences = "".join(
        f"<li><b>{s.role}</b> {html.escape(s.text)} <cite>{html.escape(result.marked.hit(s.citations[0]).document.title)}</cite>"
        for s in answer.sentences
    )
    detail = html.escape(answer.abstention.detail) if answer.abstention else ""
    lost = "".join(f"<li>missing: {html.escape(n.text)}" for n in missed(result.marked))
    return (
        f'<details id="{html.escape(case.id)}"><summary>{html.escape(case.id)} {html.escape(case.question)} — expected {case.status}/{case.verdict},'
        f" got {answer.status}/{answer.verdict}</summary><p>{detail}<ul>{sentences}{lost}</ul></details>"
    )


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733;background:#fff}}
td,th{{padding:.15rem .8rem;text-align:left}}svg{{max-width:100%}}rect{{fill:#2f6f8f}}.frame{{fill:none;stroke:#99a}}
polyline{{fill:none;stroke:#2f6f8f;stroke-width:2}}.wrong{{stroke:#a33;stroke-dasharray:5 4}}text{{font-size:12px}}cite{{color:#567}}
</style><body>{body}</body></html>
"""
