"""Feast definitions and how to open the store; the only door to Feast.

Feast's import turns the counters of `prometheus_client` into files in a temporary folder, shared by
all registries of the process, for servers that fork. Ours don't: the counters are made before it and
the variables that it leaves to child processes are taken back.

It also has typeguard compile checks of types into every one of its classes, most of the time that its
import takes. They are left out, as typeguard leaves them out itself under `python -O`.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import prometheus_client  # noqa: F401 - decides here and now where counters live
import typeguard

MARKS = ("PROMETHEUS_MULTIPROCESS_DIR", "PROMETHEUS_MULTIPROC_DIR")


@contextlib.contextmanager
def _unchecked() -> Iterator[None]:
    decorator, module = typeguard.typechecked, vars(typeguard)

    def untouched(target: Any) -> Any:  # noqa: ANN401 - a class or a function
        return target

    module["typechecked"] = untouched
    try:
        yield
    finally:
        module["typechecked"] = decorator


if not any(mark in os.environ for mark in MARKS):  # noqa: TID251 - Feast reads it at its import
    os.environ[MARKS[0]] = ""  # noqa: TID251 - else it makes the folder
    with _unchecked():
        import feast  # noqa: F401

    for mark in MARKS:
        os.environ.pop(mark, None)  # noqa: TID251
