"""Run commands as whole processes, in turn, and keep what the operating system counts for each."""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process: wall and processor seconds, and its largest resident size in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run_once(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run a command to its end.

    Raises:
        RuntimeError: it exited with another status than 0.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors = process.stderr, process.stderr.read().decode() if process.stderr else ""
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} failed:\n{errors[-2000:]}")
    return Run(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def in_turn(commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], runs: int) -> dict[str, list[Run]]:
    """Run every command once without counting it, then `runs` times in turn (A B A B …)."""
    for command in commands.values():
        run_once(command, environment)
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            found[name].append(run_once(command, environment))
    return found


def table(found: Mapping[str, Sequence[Run]], baseline: str) -> str:
    """Give the medians (smallest to largest) as a Markdown table, with the ratio of each median to the baseline's."""
    lines = ["| | wall s | processor s | peak MB | wall ratio | processor ratio |", "|---|---|---|---|---|---|"]
    base = found[baseline]
    for name, runs in found.items():
        wall, cpu, peak = ([getattr(run, key) for run in runs] for key in ("wall_s", "cpu_s", "peak_mb"))
        ratios = [
            statistics.median(ours) / statistics.median([getattr(r, key) for r in base]) for ours, key in ((wall, "wall_s"), (cpu, "cpu_s"))
        ]
        cells = [f"{statistics.median(v):.2f} ({min(v):.2f}-{max(v):.2f})" for v in (wall, cpu)] + [f"{statistics.median(peak):.0f}"]
        lines.append(
            f"| {name} | {' | '.join(cells)} | {ratios[0]:.3f} (1/{1 / ratios[0]:.1f}) | {ratios[1]:.3f} (1/{1 / ratios[1]:.1f}) |"
        )
    return "\n".join(lines)


def machine() -> str:
    """Give processor, cores and Python of this machine in one line."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
