"""Show scores: as a table for the terminal, as JSON, as one HTML file with plots. Reads and writes baselines."""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from assistant.answer import Sentence
from assistant.record import answer_record
from corpus.errors import EvalError
from evals.marked import Marked, missed
from evals.metrics import Metric, by_scorer, metric
from evals.plots import bars, threshold_curve, verdicts
from evals.run import Result, means
from evals.scorers import LOWER_IS_BETTER

_SHOWN_TAG_METRICS = ("nuggets, vital", "verdict right", "answers when due", "abstains when due", "nDCG@10")
_WORST = 20
_EVIDENCE = 3


def render_table(results: Sequence[Result], baseline: Mapping[str, float], *, show_cases: bool = True) -> str:
    """Give every metric with standard error, count and change since the baseline; then by tag, then the worst answers."""
    lines = [f"{len(results)} questions", "", f"{'metric':23} {'mean':>6} {'± s.e.':>7} {'n':>4}  since baseline"]
    for name, found in by_scorer(_scores(results)).items():
        change = f"{found.mean - baseline[name]:+.3f}" if name in baseline else "new"
        lines.append(f"{_titled(name):23} {found.mean:6.3f} {found.error:7.3f} {found.count:4}  {change}")
    lines += ["", "by tag" + " " * 16 + "  ".join(f"{name:>18}" for name in _SHOWN_TAG_METRICS)]
    for tag in sorted({tag for r in results for tag in r.marked.case.tags}):
        lines.append(f"{tag:20} {_tag_row([r for r in results if tag in r.marked.case.tags])}")
    return "\n".join([*lines, *(_worst_lines(results) if show_cases else ())])


def write_json(results: Sequence[Result], path: Path, *, show_cases: bool = True) -> None:
    """Write the means, each metric with standard error and count, and, unless the split is kept unread, every answer with its scores."""
    rows = [
        {"id": r.marked.case.id, "scores": {s.scorer: s.value for s in r.scores}, "answer": answer_record(r.marked.answer)}
        for r in (results if show_cases else ())
    ]
    found = {name: {"mean": m.mean, "error": m.error, "count": m.count} for name, m in by_scorer(_scores(results)).items()}
    path.write_text(json.dumps({"means": means(results), "metrics": found, "cases": rows}, ensure_ascii=False, indent=1), encoding="utf-8")


def write_html(results: Sequence[Result], path: Path, title: str, *, show_cases: bool = True) -> None:
    """Write a page of its own: metrics, three plots, and, unless the split is kept unread, every answer."""
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        _metric_rows(results),
        "<h2>Vital nuggets by tag</h2>",
        bars(_by_tag(results, "nuggets, vital")),
        "<h2>Answered against wrong</h2><p>Across: the least cosine of the best passage at which an answer is given. Line: answerable questions"
        " answered. Dashed: answers that are wrong (not due, another verdict, or no vital nugget).</p>",
        threshold_curve(_judged(results)),
        "<h2>Verdicts given</h2>",
        verdicts(_judged(results)),
        *(_answers(results) if show_cases else ()),
    ]
    path.write_text(_PAGE.format(title=html.escape(title), body="\n".join(parts)), encoding="utf-8")


def load_baseline(name: str) -> dict[str, float]:
    """Give the committed means of a shipped suite and split, {} where there are none, as for a file of one's own.

    Raises:
        EvalError: the baseline cannot be read.
    """
    source = files("evals").joinpath("baselines", f"{name}.json")
    if Path(name).name != name or not source.is_file():
        return {}
    try:
        return {str(key): float(value) for key, value in json.loads(source.read_text(encoding="utf-8")).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise EvalError(f"the baseline {name} is damaged ({error}); save it anew with --save-baseline") from error


def save_baseline(results: Sequence[Result], name: str) -> Path:
    """Write the means as the baseline of a shipped suite and split; for a checkout, not for an installed package.

    Raises:
        EvalError: `name` is that of a file.
    """
    if Path(name).name != name or name.endswith(".jsonl"):
        raise EvalError("baselines are kept for the shipped suites only")
    path = Path(str(files("evals"))) / "baselines" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(means(results), indent=1) + "\n", encoding="utf-8")
    return path


def _scores(results: Iterable[Result]) -> list[Any]:
    return [score for result in results for score in result.scores]


def _value(result: Result, name: str) -> float | None:
    return next((score.value for score in result.scores if score.scorer == name), None)


def _judged(results: Sequence[Result]) -> list[Result]:
    """Give the results that say whether an answer was due, as every case does and not every turn of a conversation."""
    return [r for r in results if any(_value(r, name) is not None for name in ("answers when due", "abstains when due"))]


def _tag_row(results: Sequence[Result]) -> str:
    return "  ".join(_cell(metric(_value(r, name) for r in results)) for name in _SHOWN_TAG_METRICS)


def _cell(found: Metric | None) -> str:
    return f"{found.mean:6.3f} ±{found.error:.3f} {found.count:4}" if found else " " * 18


def _worst(results: Sequence[Result]) -> list[Result]:
    judged = ("nuggets, vital", "verdict right", "abstains when due", "follow-ups resolved")
    return sorted(results, key=lambda r: (metric(_value(r, name) for name in judged) or Metric(1.0, 0.0, 0)).mean)[:_WORST]


def _worst_lines(results: Sequence[Result]) -> list[str]:
    worst = _worst(results)
    return ["", f"worst {len(worst)}", *(line for result in worst for line in _case_lines(result))]


def _case_lines(result: Result) -> list[str]:
    """Give the question, what was said, what is missing, and the evidence, gold passages starred."""
    case, answer = result.marked.case, result.marked.answer
    found = [
        f"{'*' if hit.passage.anchor in case.gold else ''}{hit.passage.anchor} {hit.cosine:.2f}" for hit in answer.evidence[:_EVIDENCE]
    ]
    return [
        f"{case.id}  expected {case.status}/{case.verdict}, got {answer.status}/{answer.verdict}: {case.question}",
        *(f"      shown    {s.role}: {' '.join(s.text.split())[:150]}" for s in answer.sentences[:2]),
        *(f"      {score.note}" for score in result.scores if score.note),
        *(f"      missing  {nugget.text[:150]}" for nugget in missed(result.marked)),
        f"      evidence {', '.join(found)}",
    ]


def _by_tag(results: Sequence[Result], name: str) -> dict[str, float]:
    tags = sorted({tag for r in results for tag in r.marked.case.tags})
    found = {tag: metric(_value(r, name) for r in results if tag in r.marked.case.tags) for tag in tags}
    return {tag: value.mean for tag, value in found.items() if value}


def _metric_rows(results: Sequence[Result]) -> str:
    rows = (f"<tr><td>{_titled(name)}<td>{m.mean:.3f}<td>{m.error:.3f}<td>{m.count}" for name, m in by_scorer(_scores(results)).items())
    return f"<table><tr><th>metric<th>mean<th>standard error<th>n{''.join(rows)}</table>"


def _titled(name: str) -> str:
    return f"{name} ↓" if name in LOWER_IS_BETTER else name


def _answers(results: Sequence[Result]) -> list[str]:
    """Give links to the worst answers, then every answer."""
    links = (f'<li><a href="#{html.escape(r.marked.case.id)}">{_named(r)}</a>' for r in _worst(results))
    return [f"<h2>Worst {_WORST}</h2><ol>{''.join(links)}</ol><h2>Every answer</h2>", *map(_case_html, results)]


def _named(result: Result) -> str:
    return html.escape(f"{result.marked.case.id} {result.marked.case.question}")


def _case_html(result: Result) -> str:
    marked = result.marked
    case, answer = marked.case, marked.answer
    said = "".join(f"<li><b>{s.role}</b> {html.escape(s.text)} <cite>{_source(marked, s)}</cite>" for s in marked.sentences)
    noted = "".join(f"<li>{html.escape(score.note)}" for score in result.scores if score.note)
    lost = noted + "".join(f"<li>missing: {html.escape(n.text)}" for n in missed(marked))
    found = "".join(
        f"<li>{hit.cosine:.2f} {html.escape(hit.passage.anchor)} {html.escape(hit.passage.text)}" for hit in answer.evidence[:_EVIDENCE]
    )
    detail = html.escape(answer.abstention.detail) if answer.abstention else ""
    return (
        f'<details id="{html.escape(case.id)}"><summary>{_named(result)} — expected {case.status}/{case.verdict},'
        f" got {answer.status}/{answer.verdict}</summary><p>{detail}<ul>{said}{lost}</ul><p>Best evidence<ul>{found}</ul></details>"
    )


def _source(marked: Marked, sentence: Sentence) -> str:
    document = marked.hit(sentence.citations[0]).document
    title = html.escape(f"{document.publisher}: {document.title}")
    return f'<a href="{html.escape(document.url)}">{title}</a>' if document.url.startswith("https://") else title


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733;background:#fff}}
td,th{{padding:.15rem .8rem;text-align:left}}svg{{max-width:100%}}rect{{fill:#2f6f8f}}.frame{{fill:none;stroke:#99a}}
polyline{{fill:none;stroke:#2f6f8f;stroke-width:2}}.wrong{{stroke:#a33;stroke-dasharray:5 4}}text{{font-size:12px}}cite{{color:#567}}
</style><body>{body}<script>
addEventListener("hashchange", () => {{ const one = document.getElementById(location.hash.slice(1)); if (one) one.open = true; }});
</script></body></html>
"""
