"""Run a command of ours and measure its seconds and the memory of all its processes."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).parents[1]


def say(line: str) -> None:
    """Tell how far the run is."""
    sys.stderr.write(f"{line}\n")


def watched(command: list[str], home: Path) -> tuple[float, float]:
    """Run a command and return its seconds and the peak bytes of its processes together."""
    environment = os.environ | {  # noqa: TID251 - handed on to the job
        "EMPORIUM_HOME": str(home),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(REPOSITORY),
    }
    start = time.monotonic()
    with (home / "log").open("w+b") as output:
        process = subprocess.Popen(  # noqa: S603 - our own jobs
            command, env=environment, cwd=home, stdout=output, stderr=output
        )
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
        watcher.start()
        status = process.wait()
        seconds = time.monotonic() - start
        watcher.join()
    if status:
        sys.exit(f"FAILED: {' '.join(command)}\n{(home / 'log').read_text()[-3000:]}")
    return seconds, peak[0]


def _watch(process: "subprocess.Popen[bytes]", peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], _tree_bytes(process.pid))
        time.sleep(0.25)


def _tree_bytes(pid: int) -> float:
    total = 0.0
    try:
        root = psutil.Process(pid)
        for one in [root, *root.children(recursive=True)]:
            total += one.memory_full_info().pss
    except psutil.Error:
        return total
    return total
