"""Where the demo's logs come from: the simulator, or files of a published data set."""

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from emporium.databases import SetupError
from emporium.settings import REPOSITORY

SIMULATOR = "simulator"
N_DAYS = 120
Say = Callable[[str], None]


@dataclass(frozen=True)
class Loaded:
    """A data set in the raw layer: its name and the days it has."""

    name: str
    first_day: dt.date
    last_day: dt.date


@dataclass(frozen=True)
class Wanted:
    """A data set to load: a loader's name and folder, or the simulator's at a scale and seed."""

    name: str = SIMULATOR
    data_dir: Path | None = None
    scale: float = 1.0
    seed: int = 7
    n_days: int = N_DAYS


def load(
    wanted: Wanted, home: Path, yesterday: dt.date, env: Mapping[str, str], say: Say
) -> Loaded:
    """Bring the data set into the raw layer, unless this home has it already.

    Raises
    ------
    SetupError
        If the home holds another data set, the name is unknown, or a file is missing.
    """
    marker = home / "data.json"
    if marker.exists():
        return _known(json.loads(marker.read_text()), wanted)
    from jobs.raw import RawBatches  # noqa: PLC0415 - Arrow takes a second to load

    staged = home / "loading"
    shutil.rmtree(staged, ignore_errors=True)
    days = (
        _simulate(wanted, staged, yesterday, env, say)
        if wanted.name == SIMULATOR
        else _load_files(wanted, staged, say)
    )
    RawBatches(home / "lake").adopt(f"load-{wanted.name}", staged / "raw")
    if (staged / "truth").exists():
        shutil.rmtree(home / "truth", ignore_errors=True)
        (staged / "truth").rename(home / "truth")
    shutil.rmtree(staged)
    _write_marker(marker, wanted.name, days)
    return Loaded(wanted.name, *days)


def _known(found: dict[str, str], wanted: Wanted) -> Loaded:
    if found["name"] != wanted.name:
        raise SetupError(
            f"this home holds the data of {found['name']}: set EMPORIUM_HOME to another folder for "
            f"{wanted.name}"
        )
    days = (dt.date.fromisoformat(found[name]) for name in ("first_day", "last_day"))
    return Loaded(found["name"], *days)


def _write_marker(marker: Path, name: str, days: tuple[dt.date, dt.date]) -> None:
    aside = marker.with_suffix(".tmp")
    text = json.dumps({"name": name, "first_day": str(days[0]), "last_day": str(days[1])})
    aside.write_text(text)
    aside.replace(marker)


def _simulate(
    wanted: Wanted, out: Path, yesterday: dt.date, env: Mapping[str, str], say: Say
) -> tuple[dt.date, dt.date]:
    say(f"simulating {wanted.n_days} days up to {yesterday}")
    options = {
        "--out": out,
        "--days": wanted.n_days,
        "--last-day": yesterday,
        "--scale": wanted.scale,
        "--seed": wanted.seed,
    }
    arguments = [str(part) for pair in options.items() for part in pair]
    command = [sys.executable, "-m", "simulator", *arguments]
    process = subprocess.Popen(  # noqa: S603
        command, env=dict(env), cwd=REPOSITORY, stderr=subprocess.PIPE, text=True
    )
    lines: list[str] = []
    for line in process.stderr or ():
        lines.append(line)
        if re.match(r"\[ *\d", line):
            say(line.strip())
    if process.wait():
        raise SetupError(f"the simulator failed:\n{''.join(lines[-15:])}")
    return yesterday - dt.timedelta(days=wanted.n_days - 1), yesterday


def _load_files(wanted: Wanted, out: Path, say: Say) -> tuple[dt.date, dt.date]:
    # pandas takes seconds to load, which no other command needs to wait for.
    from emporium.loaders import LOADERS  # noqa: PLC0415
    from emporium.loaders.raw import MissingInputError  # noqa: PLC0415

    if wanted.name not in LOADERS:
        raise SetupError(f"no data set {wanted.name!r}: one of {SIMULATOR}, {', '.join(LOADERS)}")
    if wanted.data_dir is None:
        raise SetupError(f"say where the files of {wanted.name} are: DATA_DIR=folder")
    say(f"reading {wanted.name} from {wanted.data_dir}")
    try:
        report = LOADERS[wanted.name](wanted.data_dir, out)
    except MissingInputError as error:
        raise SetupError(str(error)) from error
    say(f"lines read: {report.n_lines_by_table}")
    return report.first_day, report.last_day


def code_version() -> str:
    """Return the git commit of the code, with '+' if files were changed since; 'unknown' outside git."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    done = subprocess.run(  # noqa: S603
        command,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),  # noqa: TID251
    )
    return done.stdout.strip() or "unknown"
