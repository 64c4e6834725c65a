"""Feast definitions and how to open the store; the only door to Feast.

Feast's import turns the counters of `prometheus_client` into files in a temporary folder, shared by
all registries of the process, for servers that fork. Ours don't: the counters are made before it and
the variables that it leaves to child processes are taken back.
"""

import os

import prometheus_client  # noqa: F401 - decides here and now where counters live

MARKS = ("PROMETHEUS_MULTIPROCESS_DIR", "PROMETHEUS_MULTIPROC_DIR")

if not any(mark in os.environ for mark in MARKS):  # noqa: TID251 - Feast reads it at its import
    os.environ[MARKS[0]] = ""  # noqa: TID251 - else it makes the folder
    import feast  # noqa: F401

    for mark in MARKS:
        os.environ.pop(mark, None)  # noqa: TID251
