"""The `emporium` command."""

import datetime as dt
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console

from emporium import feature_views, model_versions, outcome
from emporium.airflow_client import AirflowError, connect
from emporium.data import SIMULATOR, Wanted, code_version
from emporium.databases import SetupError
from emporium.demo import Demo, StepFailedError, curl_lines, follow
from emporium.evaluate import evaluate
from emporium.forecast import forecast
from emporium.pipeline_run import Days, run_chain
from emporium.postgres import PostgresError
from emporium.running import running_site
from emporium.search_eval import search_eval
from emporium.services import Site, plan
from emporium.settings import Settings
from emporium.supervisor import Supervisor, http_status, log_file, only_one, read_state, repair

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
WIDTH = 120 if not sys.stdout.isatty() else None
"""A log or a picture has room for the tables whatever `COLUMNS` says."""
console = Console(highlight=False, soft_wrap=True, record=True, width=WIDTH)
STOP_SECONDS = 60


class StoppedError(Exception):
    """Somebody asked us to stop: Ctrl-C, `emporium stop`, or the machine's shutdown."""


app.command()(evaluate)
app.command()(search_eval)
app.command()(forecast)
app.add_typer(model_versions.app, name="models")
app.add_typer(feature_views.app, name="features")


@app.command()
def up() -> None:
    """Start all services and stay until Ctrl-C."""
    settings = Settings()
    with reporting(), started(settings) as supervisor:
        show_urls(supervisor.site)
        watch(supervisor)


@app.command()
def demo(  # noqa: PLR0913, PLR0917 - one parameter per option
    data: Annotated[
        str, typer.Option(help="simulator, online-retail, olist, clickstream")
    ] = SIMULATOR,
    data_dir: Annotated[Path | None, typer.Option(help="folder of the data set's files")] = None,
    scale: Annotated[float, typer.Option(help="simulator: times 5,000 products")] = 1.0,
    seed: Annotated[int, typer.Option(help="simulator's seed")] = 7,
    leave: Annotated[bool, typer.Option("--exit", help="stop everything at the end")] = False,  # noqa: FBT002
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures here")] = None,
    svg_file: Annotated[Path | None, typer.Option("--svg", help="draw what was printed")] = None,
) -> None:
    """Start all services, load data, run the DAGs, and say what came out."""
    settings = Settings()
    wanted = Wanted(data, data_dir, scale, seed)
    began = time.monotonic()
    with reporting(), started(settings) as supervisor:
        run = Demo(supervisor.site, console, supervisor.restart_dead)
        run.seconds["services"] = round(time.monotonic() - began, 1)
        figures = run.run(wanted, dt.datetime.now(dt.UTC))  # noqa: TID251 - the edge
        outcome.show(console, figures)
        if json_file:
            outcome.write_json(figures, json_file)
        show_urls(supervisor.site)
        for line in curl_lines(supervisor.site, dt.date.fromisoformat(str(figures["last_day"]))):
            console.print(line)
        console.print(f"ready after {time.monotonic() - began:,.0f} s")
        if svg_file:
            console.save_svg(str(svg_file), title="emporium demo")
        if not leave:
            watch(supervisor)


@app.command()
def backfill(
    first: Annotated[dt.datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    last: Annotated[dt.datetime, typer.Option("--to", formats=["%Y-%m-%d"])],
) -> None:
    """Rebuild past days through Airflow, on a running platform."""
    if first > last:
        raise typer.BadParameter(f"--from {first.date()} is after --to {last.date()}")
    site = running_site(Settings(), console)
    days = Days(first.date(), last.date(), first.date(), first.date())
    with reporting():
        airflow = connect(site["airflow-api"])
        now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge
        follow(run_chain(airflow, days, now), airflow, console)


@app.command()
def status() -> None:
    """Say which services answer."""
    site = running_site(Settings(), console)
    for name, url in site.items():
        console.print(f"{name:22} {url}  {'answers' if http_status(url) else 'does not answer'}")


@app.command()
def stop() -> None:
    """Stop everything, whoever started it."""
    home = Settings().home
    state = read_state(home)
    if state:
        supervisor = psutil.Process(state["supervisor_pid"])
        supervisor.send_signal(signal.SIGTERM)
        psutil.wait_procs([supervisor], timeout=STOP_SECONDS)
    repair(home, console.print)
    console.print("stopped")


@app.command()
def logs(name: str, lines: Annotated[int, typer.Option("-n")] = 50) -> None:
    """Print the end of a service's log."""
    folder = log_file(Settings().home, name).parent
    path = log_file(Settings().home, name)
    if not path.exists():
        known = sorted(found.stem for found in folder.glob("*.log"))
        console.print(f"no service {name!r}: one of {', '.join(known) or 'none yet'}")
        raise typer.Exit(2)
    for line in path.read_text(errors="replace").splitlines()[-lines:]:
        sys.stdout.write(f"{line}\n")


@contextmanager
def started(settings: Settings) -> Iterator[Supervisor]:
    """Start a site, stop it whole at the end whatever happens."""
    for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(kind, _raise_stopped)
    with only_one(settings.home):
        repair(settings.home, console.print)
        site = plan(settings, code_version())
        if site.ports["gateway"] != settings.port:
            console.print(
                f"port {settings.port} is taken: the gateway is on {site.ports['gateway']}"
            )
        supervisor = Supervisor(site, console.print)
        try:
            supervisor.start()
            yield supervisor
        finally:
            for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(kind, signal.SIG_IGN)
            console.print("stopping all services")
            supervisor.stop()


@contextmanager
def reporting() -> Iterator[None]:
    """Turn expected errors into one message and an exit status of 1."""
    try:
        yield
    except (SetupError, PostgresError, StepFailedError, AirflowError) as error:
        console.print(f"FAILED: {error}", style="bold", markup=False)
        raise typer.Exit(1) from error
    except StoppedError:
        raise typer.Exit(130) from None


def _raise_stopped(signum: int, frame: object) -> None:
    del signum, frame
    raise StoppedError


def watch(supervisor: Supervisor) -> None:
    """Keep the services alive until somebody asks us to stop."""
    console.print("Ctrl-C stops everything")
    while True:
        time.sleep(2)
        supervisor.restart_dead()


def show_urls(site: Site) -> None:
    """Print where people can look."""
    for name in ("gateway", "airflow-api", "mlflow"):
        console.print(f"{name:12} {site.url(name)}")
    console.print(f"{'lake':12} {os.path.relpath(site.home / 'lake')}")


if __name__ == "__main__":
    app()
