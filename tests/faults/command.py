"""Run `codecite` as a user does, in a forked process whose output is caught down to what libraries print by themselves."""

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.faults.started import start

_LEAST_SET = {name: os.environ[name] for name in ("PATH", "HF_HUB_OFFLINE", "LANG") if name in os.environ}


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended (below 0: by a signal) and what it wrote."""

    status: int
    out: str
    told: str
    """What stood on standard error, without progress bars."""

    def is_one_line(self) -> bool:
        """Tell whether it ended as an error told in one line ends; a warning may stand before it."""
        return self.status == 3 and self.told.strip().split("\n")[-1].startswith("codecite: ") and "Traceback" not in self.told


def codecite(
    *arguments: str, typed: str = "", max_file_bytes: int | None = None, first: Callable[[], None] | None = None, **environment: str
) -> Ran:
    """Run the command in an environment of its own, after `first`; no file may grow beyond `max_file_bytes`."""
    with tempfile.TemporaryDirectory() as folder:
        status, _ = start(_run, arguments, {**_LEAST_SET, **environment}, typed, max_file_bytes, first, Path(folder)).end()
        out, told = (Path(folder, name).read_text(errors="replace") for name in ("out", "told"))
    return Ran(status, out, "\n".join(line for line in told.splitlines() if not _is_progress(line)))


def _is_progress(line: str) -> bool:
    return not line.strip() or line.lstrip("\r").startswith(("Ingesting", "Preparing the encoder", "Bringing the indexes"))


def _run(
    _: Callable[[str], None],
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    typed: str,
    max_file_bytes: int | None,
    first: Callable[[], None] | None,
    folder: Path,
) -> None:
    from ui.cli import main

    (folder / "typed").write_text(typed)
    for stream, name, flags in ((0, "typed", os.O_RDONLY), (1, "out", os.O_CREAT | os.O_WRONLY), (2, "told", os.O_CREAT | os.O_WRONLY)):
        os.dup2(os.open(folder / name, flags), stream)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115  # they live as long as the process
    sys.argv[:] = ["codecite", *arguments]
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    if first:
        first()
    if max_file_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, resource.RLIM_INFINITY))
    status = 1
    try:
        main(prog_name="codecite")
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # what the interpreter would print; a Rust panic is no Exception
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(status)
