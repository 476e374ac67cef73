"""Draw what a report shows, as SVG and HTML that need nothing else: bars, the curve over a threshold, the table of verdicts."""

import html
from collections.abc import Iterator, Mapping, Sequence

from assistant.answer import Verdict
from evals.run import Result

_STEPS = 20
_LEFT, _TOP, _WIDTH, _HEIGHT = 50, 10, 460, 200


def bars(values: Mapping[str, float]) -> str:
    """Draw one bar for each value in [0, 1]."""
    rows = (
        f'<text x="150" y="{n * 20 + 15}" text-anchor="end">{html.escape(name)}</text>'
        f'<rect x="156" y="{n * 20 + 3}" width="{value * 300:.0f}" height="14"/>'
        f'<text x="{162 + value * 300:.0f}" y="{n * 20 + 15}">{value:.2f}</text>'
        for n, (name, value) in enumerate(values.items())
    )
    return _svg(len(values) * 20 + 10, "bars", "".join(rows))


def threshold_curve(results: Sequence[Result]) -> str:
    """Draw, over the least cosine of the best passage, the share of questions answered and of those answers that are wrong.

    That is coverage and selective risk (El-Yaniv and Wiener 2010).
    """
    points = [coverage_and_risk(results, step / _STEPS) for step in range(_STEPS + 1)]
    lines = (
        f'<polyline class="{name}" points="{" ".join(_points([point[n] for point in points]))}"/>'
        for n, name in enumerate(("answered", "wrong"))
    )
    return _svg(_HEIGHT + 50, "answered and wrong over the threshold", "".join([*_axes(), *lines]))


def coverage_and_risk(results: Sequence[Result], least: float) -> tuple[float, float]:
    """Give the share of answerable questions answered with a best cosine of `least` or more, and of those answers the share wrong."""
    kept = [r for r in results if r.marked.answer.sentences and _confidence(r) >= least]
    due = sum(r.marked.case.answerable for r in results)
    return sum(r.marked.case.answerable for r in kept) / (due or 1), sum(map(_is_wrong, kept)) / (len(kept) or 1)


def verdicts(results: Sequence[Result]) -> str:
    """Give a table of verdicts of the answerable cases: expected in rows, given in columns, abstentions last."""
    due = [r.marked for r in results if r.marked.case.answerable]
    given = [(m.case.verdict, str(m.answer.verdict) if m.answer.sentences else "abstained") for m in due]
    columns = [*map(str, Verdict), "abstained"]
    head = "".join(f"<th>{html.escape(column)}" for column in columns)
    rows = (f"<tr><th>{row}" + "".join(f"<td>{given.count((row, column))}" for column in columns) for row in Verdict)
    return f"<table><tr><th>expected{head}{''.join(rows)}</table>"


def _is_wrong(result: Result) -> bool:
    """An answer is wrong where none is due, where its verdict is another, and where it states no vital nugget."""
    scores = {score.scorer: score.value for score in result.scores}
    return not result.marked.case.answerable or 0.0 in {scores["verdict not wrong"], scores["nuggets, vital"]}


def _confidence(result: Result) -> float:
    return max((hit.cosine for hit in result.marked.answer.evidence), default=0.0)


def _points(values: Sequence[float]) -> Iterator[str]:
    return (f"{_LEFT + n * _WIDTH / _STEPS:.0f},{_TOP + (1 - value) * _HEIGHT:.0f}" for n, value in enumerate(values))


def _axes() -> Iterator[str]:
    yield f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_WIDTH}" height="{_HEIGHT}"/>'
    for tenth in range(0, 11, 2):
        across, down = _LEFT + tenth * _WIDTH / 10, _TOP + _HEIGHT - tenth * _HEIGHT / 10
        yield f'<text x="{across:.0f}" y="{_TOP + _HEIGHT + 18}" text-anchor="middle">{tenth / 10}</text>'
        yield f'<text x="{_LEFT - 8}" y="{down + 4:.0f}" text-anchor="end">{tenth / 10}</text>'


def _svg(height: int, label: str, body: str) -> str:
    return f'<svg viewBox="0 0 540 {height}" width="540" height="{height}" role="img" aria-label="{label}">{body}</svg>'
