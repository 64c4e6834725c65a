"""The `emporium` command."""

import datetime as dt
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import psutil
import typer
from rich.console import Console
from typer.core import TyperGroup

from emporium import backups, dag_runs, feature_views, model_versions, notebooks, outcome
from emporium.data import SIMULATOR, Wanted, code_version
from emporium.documents import JsonFile, aside, write_document
from emporium.evaluate import evaluate
from emporium.forecast import forecast
from emporium.granting import grant
from emporium.ports import is_listening
from emporium.reporting import StoppedError, reporting
from emporium.running import running_site
from emporium.search_eval import search_eval
from emporium.services import Site, plan
from emporium.settings import Settings
from emporium.supervisor import Supervisor, http_status, log_file, only_one, read_state, repair

PANELS = PLATFORM, DATA, MODELS, FILES, KEEP = (
    "Run the platform",
    "Data and DAGs",
    "Models and features",
    "Judge on your own files",
    "Keep it safe",
)


class Contents(TyperGroup):
    """The commands in the order of their panels: typer would name groups of commands last."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - of the library below typer
        """Return the names of all commands; what has no panel comes first, as in the help."""
        places: dict[str | None, int] = {panel: n for n, panel in enumerate(PANELS)}
        panels = {
            name: getattr(one, "rich_help_panel", None) for name, one in self.commands.items()
        }
        return sorted(super().list_commands(ctx), key=lambda name: places.get(panels[name], -1))


app = typer.Typer(
    cls=Contents,
    help="Start, fill, watch and question Emporium, an online shop that learns.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
WIDTH = 120 if not sys.stdout.isatty() else None
"""A log or a picture has room for the tables whatever `COLUMNS` says."""
console = Console(highlight=False, soft_wrap=True, record=True, width=WIDTH)
STOP_SECONDS = 60
GATES = ("gateway", "airflow-api", "mlflow")


@app.command(rich_help_panel=PLATFORM)
def up(json_file: JsonFile = None) -> None:
    """Start all services and stay until Ctrl-C."""
    settings = Settings()
    aside(console, json_file)
    with reporting(console), started(settings) as supervisor:
        write_document({name: supervisor.site.url(name) for name in GATES}, json_file)
        show_urls(supervisor.site)
        watch(supervisor)


@app.command(rich_help_panel=PLATFORM)
def demo(  # noqa: PLR0913, PLR0917 - one parameter per option
    data: Annotated[
        str, typer.Option(help="simulator, online-retail, olist, clickstream")
    ] = SIMULATOR,
    data_dir: Annotated[Path | None, typer.Option(help="folder of the data set's files")] = None,
    scale: Annotated[float, typer.Option(help="simulator: times 5,000 products")] = 1.0,
    seed: Annotated[int, typer.Option(help="simulator's seed")] = 7,
    leave: Annotated[bool, typer.Option("--exit", help="stop everything at the end")] = False,  # noqa: FBT002
    json_file: JsonFile = None,
    svg_file: Annotated[Path | None, typer.Option("--svg", help="draw what was printed")] = None,
) -> None:
    """Start all services, load data, run the DAGs, and say what came out."""
    # Arrow and SQLAlchemy take seconds to load, which no other command needs to wait for.
    from emporium.demo import Demo, curl_lines  # noqa: PLC0415

    settings = Settings()
    aside(console, json_file)
    wanted = Wanted(data, data_dir, scale, seed)
    began = time.monotonic()
    with reporting(console), started(settings) as supervisor:
        run = Demo(supervisor.site, console, supervisor.restart_dead)
        run.seconds["services"] = round(time.monotonic() - began, 1)
        figures = run.run(wanted, dt.datetime.now(dt.UTC))  # noqa: TID251 - the edge
        outcome.show(console, figures)
        write_document(figures, json_file)
        show_urls(supervisor.site)
        for line in curl_lines(supervisor.site, dt.date.fromisoformat(str(figures["last_day"]))):
            console.print(line)
        console.print(f"ready after {time.monotonic() - began:,.0f} s")
        if svg_file:
            console.save_svg(str(svg_file), title="emporium demo")
        if not leave:
            watch(supervisor)


@app.command(rich_help_panel=PLATFORM)
def status(json_file: JsonFile = None) -> None:
    """Say which services answer."""
    aside(console, json_file)
    site = running_site(Settings(), console)
    found = {}
    with console.status("asking each service"):
        for name, url in site.items():
            found[name] = {"url": url, "answers": _answers(name, url)}
    write_document(found, json_file)
    for name, each in found.items():
        word = "answers" if each["answers"] else "does not answer: `emporium logs` says why"
        console.print(f"{name:22} {each['url']}  {word}")


def _answers(name: str, url: str) -> bool:
    """Tell whether a service answers; the inbox's other door does not speak HTTP."""
    if name == "smtp":
        return is_listening(urlsplit(url).port or 0)
    return bool(http_status(url))


@app.command(rich_help_panel=PLATFORM)
def stop(json_file: JsonFile = None) -> None:
    """Stop everything, whoever started it."""
    aside(console, json_file)
    home = Settings().home
    state = read_state(home)
    if state:
        supervisor = psutil.Process(state["supervisor_pid"])
        supervisor.send_signal(signal.SIGTERM)
        with console.status("stopping all services"):
            psutil.wait_procs([supervisor], timeout=STOP_SECONDS)
    repair(home, console.print)
    write_document({"home": home, "was_running": bool(state)}, json_file)
    console.print("stopped")


@app.command(rich_help_panel=PLATFORM)
def logs(
    name: Annotated[str, typer.Argument(help="serving, transactional, worker, ...")],
    lines: Annotated[int, typer.Option("-n", min=1, help="so many lines")] = 50,
    json_file: JsonFile = None,
) -> None:
    """Print the end of a service's log."""
    aside(console, json_file)
    path = log_file(Settings().home, name)
    if not path.exists():
        known = sorted(found.stem for found in path.parent.glob("*.log"))
        console.print(f"no service {name!r}: one of {', '.join(known) or 'none yet'}")
        raise typer.Exit(2)
    with path.open(errors="replace") as log:
        last = [line.rstrip("\n") for line in deque(log, maxlen=lines)]
    write_document({"service": name, "lines": last}, json_file)
    for line in last:
        console.file.write(f"{line}\n")


app.command(rich_help_panel=DATA)(dag_runs.backfill)
app.command(rich_help_panel=DATA)(dag_runs.trigger)
app.command(rich_help_panel=DATA)(dag_runs.runs)
app.add_typer(notebooks.app, name="notebooks", rich_help_panel=DATA)
app.add_typer(model_versions.app, name="models", rich_help_panel=MODELS)
app.add_typer(feature_views.app, name="features", rich_help_panel=MODELS)
app.command(rich_help_panel=FILES)(evaluate)
app.command(rich_help_panel=FILES)(search_eval)
app.command(rich_help_panel=FILES)(forecast)
app.command(rich_help_panel=KEEP)(grant)
app.command(rich_help_panel=KEEP)(backups.backup)
app.command(rich_help_panel=KEEP)(backups.restore)


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
    for name in GATES:
        console.print(f"{name:12} {site.url(name)}")
    console.print(
        f"{'desk':12} {site.url('gateway')}/ops, for who registers and has `emporium grant EMAIL`"
    )
    console.print(f"{'lake':12} {os.path.relpath(site.home / 'lake')}")


if __name__ == "__main__":
    app()
