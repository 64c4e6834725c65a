"""How commands end when something is wrong: a sentence that says what to do, and an exit status."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from emporium.airflow_client import AirflowError
from emporium.databases import SetupError
from emporium.pipeline_run import StepFailedError
from emporium.postgres import PostgresError


class StoppedError(Exception):
    """Somebody asked us to stop: Ctrl-C, `emporium stop`, or the machine's shutdown."""


@contextmanager
def reporting(console: Console) -> Iterator[None]:
    """Turn expected errors into one message and an exit status of 1."""
    try:
        yield
    except (SetupError, PostgresError, StepFailedError, AirflowError) as error:
        console.print(f"FAILED: {error}", style="bold", markup=False)
        raise typer.Exit(1) from error
    except StoppedError:
        raise typer.Exit(130) from None


def day(text: str) -> dt.date:
    """Return a day as it is written on the command line.

    Raises
    ------
    typer.BadParameter
        If it is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day: say it as YYYY-MM-DD") from error
