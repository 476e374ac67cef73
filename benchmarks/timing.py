"""Run commands as whole processes, in turn, and keep what the operating system counts for each."""

import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process: wall seconds, processor seconds of all its threads, and its largest resident size in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


_MEASURES = ("wall_s", "cpu_s", "peak_mb")


def run_once(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run a command to its end. Linux counts the caller's size at the fork into the peak, so the caller must stay small.

    Raises:
        RuntimeError: it exited with another status than 0, or printed nothing.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output, errors = (_whole(file) for file in (out, err))
    if process.returncode or not output.strip():
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}:\n{errors[-2000:]}")
    return Run(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output)


def in_turn(
    commands: Mapping[str, Sequence[str]], questions: Sequence[str], environment: Mapping[str, str], runs: int
) -> dict[str, list[Run]]:
    """Ask every command once without counting it, then `runs` times in turn (A B A B …), going round the questions."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            found[name].append(run_once([*command, questions[number % len(questions)]], environment))
    return {name: made[1:] for name, made in found.items()}


def ratios(ours: Sequence[Run], base: Sequence[Run]) -> dict[str, float]:
    """Give, for each measure, how many times the baseline's median is ours."""
    return {key: statistics.median(_values(base, key)) / statistics.median(_values(ours, key)) for key in _MEASURES}


def paired_range(ours: Sequence[Run], base: Sequence[Run], key: str) -> tuple[float, float]:
    """Give the least and the greatest ratio of two runs that followed each other."""
    found = [theirs / mine for theirs, mine in zip(_values(base, key), _values(ours, key), strict=True)]
    return min(found), max(found)


def table(found: Mapping[str, Sequence[Run]], baseline: str) -> str:
    """Give the medians (smallest to largest) as a Markdown table, with the ratio of each median to the baseline's."""
    lines = ["| | wall s | processor s | peak MB | wall ratio | processor ratio |", "|---|---|---|---|---|---|"]
    for name, runs in found.items():
        cells = [_spread(_values(runs, key), digits) for key, digits in zip(_MEASURES, (2, 2, 0), strict=True)]
        ratio = ratios(runs, found[baseline])
        cells += ["1", "1"] if name == baseline else [f"1/{ratio[key]:.1f}" for key in ("wall_s", "cpu_s")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def machine() -> str:
    """Give date, processor, cores, load and Python of this machine in one line."""
    load = os.getloadavg()[0]
    return f"{date.today()}, {_processor()}, {os.cpu_count()} cores (load {load:.1f}), Python {platform.python_version()}"


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor()


def _values(runs: Sequence[Run], key: str) -> list[float]:
    return [getattr(run, key) for run in runs]


def _spread(values: Sequence[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def _whole(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
