"""Draw the quality tables of `docs/benchmarks.md` as bars, so that pictures and figures cannot part.

python -m benchmarks.plots
"""

import re
from collections.abc import Mapping
from pathlib import Path

from evals.plots import bars

PAGE = Path("docs/benchmarks.md")
IMAGES = Path("docs/images")
SHOWN = {"covidqa": "covidqa, 33 papers", "golden-test": "golden, test split"}
"""The name of each picture, and how the line above its table begins."""
_COLUMN = "nDCG@10"
_ROOM = 90
"""Width that the longest name needs beyond that of a report's bars."""
_STYLE = "<style>text{font:13px sans-serif;fill:#57606a}rect{fill:#0f766e}</style>"


def drawn(page: str) -> dict[str, str]:
    """Give each picture, by its name, as SVG.

    Raises:
        ValueError: the page has no such table.
    """
    return {name: _svg(_values(page, lead)) for name, lead in SHOWN.items()}


def main() -> None:
    """Write the pictures."""
    for name, picture in drawn(PAGE.read_text(encoding="utf-8")).items():
        (IMAGES / f"bench-{name}.svg").write_text(picture, encoding="utf-8")


def _values(page: str, lead: str) -> dict[str, float]:
    """Give the column that is drawn, by system, of the first table after the line that begins with `lead`."""
    found = re.search(rf"^{re.escape(lead)}.*?^(\|.*?)^(?!\|)", page, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"{PAGE} has no table after a line that begins with “{lead}”")
    head, _, *rows = ([cell.strip(" *") for cell in line.strip("|").split("|")] for line in found[1].strip().split("\n"))
    column = head.index(_COLUMN)
    return {row[0]: float(row[column].split()[0]) for row in rows}


def _svg(values: Mapping[str, float]) -> str:
    opening, rest = bars(values).removeprefix("<svg").split(">", 1)
    opening = opening.replace('viewBox="0 0 540', f'viewBox="{-_ROOM} 0 {540 + _ROOM}').replace('width="540"', f'width="{540 + _ROOM}"')
    return f'<svg xmlns="http://www.w3.org/2000/svg"{opening}>{_STYLE}{rest}\n'


if __name__ == "__main__":
    main()
