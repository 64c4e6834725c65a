"""A clock for the processes of a bench that lives through days in minutes.

`clock_ahead.c`, in front of the C library as libfaketime is, adds to the wall clock what a shared file says.
Processes that are started with `environment` read the days there: stores, services and workers alike. Clocks
that measure how long something takes are as ever, so nothing waits longer or less long.
"""

import datetime as dt
import shutil
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("clock_ahead.c")
SECONDS = struct.Struct("<q")


@dataclass(frozen=True)
class ClockAhead:
    """The clock of whoever is started with `environment`."""

    library: Path
    file: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to be told to live by this clock."""
        return {"LD_PRELOAD": str(self.library), "BENCH_CLOCK_AHEAD": str(self.file)}

    def now(self) -> dt.datetime:
        """Return the time by this clock."""
        return dt.datetime.fromtimestamp(_wall_clock() + self._ahead(), dt.UTC)

    def set(self, moment: dt.datetime) -> None:
        """Make it `moment` now; from there it goes on by itself."""
        self._write(round(moment.timestamp() - _wall_clock()))

    def _ahead(self) -> int:
        [seconds] = SECONDS.unpack(self.file.read_bytes())
        return int(seconds)

    def _write(self, seconds: int) -> None:
        # Written in place, eight aligned bytes at once: the processes have the file mapped.
        with self.file.open("r+b", buffering=0) as file:
            file.write(SECONDS.pack(seconds))


def clock_ahead(folder: Path) -> ClockAhead:
    """Compile the library into a folder and return its clock, which tells the right time so far."""
    compiler = shutil.which("cc")
    if compiler is None:
        sys.exit("FAILED: this bench sets a clock of its own, by C code: install a C compiler (cc)")
    clock = ClockAhead(folder / "clock_ahead.so", folder / "clock_ahead")
    options = ["-O2", "-shared", "-fPIC", "-o", str(clock.library), str(SOURCE), "-ldl"]
    subprocess.run([compiler, *options], check=True)  # noqa: S603 - our own
    clock.file.write_bytes(SECONDS.pack(0))
    return clock


def _wall_clock() -> float:
    return time.time()  # noqa: TID251 - what the other processes start from
