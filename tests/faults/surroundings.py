"""Run `codecite` where a machine is at odds with it: a full disk, odd and long paths, no home folder."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import support
from tests.faults.command import Ran, codecite
from tests.faults.kills import write_files

QUESTION = "May 77370 be billed after treatment ends?"
NAMES = ("Büro 资料 🙂", "a?b#c%41d e'f\"g", "q&mode=ro;x=1", "new\nline", " -rf ", "x" * 250)
ROOMS_KB = (0, 24, 64, 128, 256, 384, 512, 768)
DOCUMENTS = 24
_INDEXES = ("vectors", "chroma")


@dataclass(frozen=True, slots=True)
class Full:
    """What an ingest that met a full disk said and left, and what the next one made of it."""

    room_kb: int
    told: str
    one_line: bool
    kept: bool
    """Whether every document that stood before, and nothing half, stands after it."""
    answered: bool
    mended: bool

    def is_sound(self) -> bool:
        """Tell whether all went as promised."""
        return self.one_line and self.kept and self.answered and self.mended


@cache
def can_mount() -> bool:
    """Tell whether this machine lets us mount a small disk."""
    with TemporaryDirectory() as place, suppress(OSError, subprocess.CalledProcessError), _small_disk(Path(place)):
        return True
    return False


@contextmanager
def _small_disk(place: Path) -> Iterator[Callable[[int], None]]:
    """Mount a disk in memory; give a function that sets how many KB it still has room for."""

    def mount(*options: str) -> None:
        subprocess.run(["mount", *options, str(place)], check=True, capture_output=True)

    def leave(room_kb: int) -> None:
        used = int(subprocess.run(["du", "-sk", place], check=True, capture_output=True, text=True).stdout.split()[0])
        mount("-o", f"remount,size={used + room_kb}k")

    mount("-t", "tmpfs", "-o", "size=64m", "tmpfs")
    try:
        yield leave
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def new_data_dir(folder: Path, runtime: Path) -> Path:
    """Make a data directory with the encoder, linked."""
    folder.mkdir(parents=True)
    (folder / "runtime").symlink_to(runtime)
    return folder


def ingest(data: Path, *files: Path, **environment: str) -> Ran:
    """Run `codecite ingest`."""
    return codecite("ingest", *map(str, files), CODECITE_DATA_DIR=str(data), **environment)


def ask(data: Path, **environment: str) -> Ran:
    """Run `codecite ask`."""
    return codecite("ask", QUESTION, CODECITE_DATA_DIR=str(data), **environment)


def begin(folder: Path, runtime: Path, count: int = DOCUMENTS) -> tuple[Path, Path]:
    """Ingest documents; give the data directory and a folder of those documents."""
    files = write_files(folder / "files", count)
    (files / "society.md").write_text(support.SOCIETY)
    data = new_data_dir(folder / "whole", runtime)
    ran = ingest(data, files)
    if ran.status:
        raise RuntimeError(ran.told)
    return data, files


def fill_disk(whole: Path, files: Path, place: Path, room_kb: int, *, indexes_only: bool) -> Full:
    """Ingest on a disk of that much room: one more document, or only what is made from the library; then with room enough."""
    place.mkdir(exist_ok=True)
    with _small_disk(place) as leave:
        data = place / "data"
        shutil.copytree(whole, data, symlinks=True)
        for name in _INDEXES if indexes_only else ():
            shutil.rmtree(data / name)
        more = files if indexes_only else _one_more(place.parent / "more")
        before, texts = support.state(data)[0], set(support.texts(data))
        leave(room_kb)
        ran, asked = ingest(data, more), ask(data)
        leave(40_000)
        kept = support.state(data)[0] == before or texts < set(support.texts(data))
        again = ingest(data, more)
        whole_again = support.state(data)[0] == before if indexes_only else len(support.texts(data)) > len(texts)
        return Full(room_kb, ran.told, ran.is_one_line(), kept, asked.status == 0, again.status == 0 and whole_again)


def _one_more(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "later.md").write_text(support.LATER + "\n\n".join(f"## 774{n:02} notes\n\n{'77371 is technical. ' * 60}" for n in range(20)))
    return folder


def try_name(folder: Path, runtime: Path, name: str) -> bool:
    """Ingest a file of that name into a data directory of that name and ask; tell whether all of it is in there and answers."""
    file = folder / "files" / f"{name[:200]}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(support.SOCIETY)
    apart = folder / "apart"
    data = new_data_dir(apart / name, runtime)
    done = ingest(data, file).status == 0 and ask(data).status == 0
    return done and list(apart.iterdir()) == [data] and (data / "library.sqlite3").is_file()


def try_long_path(folder: Path, length: int) -> tuple[Ran, Ran]:
    """Ingest and ask where the data directory's path is at least that long."""
    while len(str(folder)) < length:
        folder /= "x" * 200
    return ingest(folder, Path(__file__)), ask(folder)


def figures(folder: Path, runtime: Path) -> list[str]:
    """Try every surrounding; give lines of a table."""
    lines = []
    if can_mount():
        whole, files = begin(folder, runtime)
        full = [fill_disk(whole, files, folder / "disk", room, indexes_only=only) for only in (False, True) for room in ROOMS_KB]
        stopped = [each for each in full if "codecite: " in each.told]
        bad = [f"{each.room_kb} KB ({each.told[-80:]}, {each})" for each in stopped if not each.is_sound()]
        lines.append(f"disk full | {len(stopped)} stopped of {len(full)} | sound {len(stopped) - len(bad)}; {'; '.join(bad)}")
    names = [name for number, name in enumerate(NAMES) if not try_name(folder / f"name{number}", runtime, name)]
    lines.append(f"odd names of file and data folder | {len(NAMES) - len(names)} of {len(NAMES)} | {names or ''}")
    long = [ran.is_one_line() for length in (600, 2_000, 3_700, 4_500) for ran in try_long_path(folder / "long", length)]
    lines.append(f"paths too long for SQLite or the system | {sum(long)} of {len(long)} told in one line |")
    homes: list[dict[str, str]] = [{}, {"HOME": ""}, {"HOME": "/nonexistent"}, {"HOME": "/proc/none"}]
    homeless = [_without_home(folder / f"home{number}", runtime, home) for number, home in enumerate(homes)]
    lines.append(f"no home folder, an empty, a missing and an impossible one | {sum(homeless)} of {len(homeless)} |")
    return lines


def _without_home(folder: Path, runtime: Path, home: dict[str, str]) -> bool:
    data = new_data_dir(folder / "data", runtime)
    (folder / "society.md").write_text(support.SOCIETY)
    return ingest(data, folder / "society.md", **home).status == 0 and ask(data, **home).status == 0


def home_is_told(home: str) -> bool:
    """Tell whether a command that has no data directory but one below an impossible home says so in one line."""
    return codecite("ask", QUESTION, HOME=home).is_one_line()
