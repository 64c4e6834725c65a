"""The main job, end to end: services, data, DAGs, and what came out."""

import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow.compute as pc
from rich.console import Console
from rich.live import Live
from rich.table import Table

from emporium import outcome, processes
from emporium.airflow_client import AirflowClient, connect
from emporium.data import Loaded, Wanted, load
from emporium.pipeline_run import Days, Progress, StepFailedError, run_chain, seconds_by_task
from emporium.seeding import Buyer, seed_shop
from emporium.services import Site, environment
from emporium.supervisor import http_status
from features.schemas.lake import SearchDocument, UserFeatures
from features.schemas.weights import HOLDOUT_DAYS
from jobs.partitions import Partitions

# Models are trained as of the day, of the hold-out's beginning and of the ranker's, each so far apart.
N_FEATURE_DAYS = 2 * HOLDOUT_DAYS + 1
N_LOG_LINES = 40
OPEN_SECONDS = 60
MARKS = {"success": "[green]done[/]", "failed": "[red]failed[/]", "running": "[cyan]running[/]"}


@dataclass
class Demo:
    """One demo on a started site. `seconds` fills up as steps end.

    `keep_alive` is called again and again while the DAGs run: services that died are started again.
    """

    site: Site
    console: Console
    keep_alive: Callable[[], None] = lambda: None
    seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: int = 0

    def run(self, wanted: Wanted, now: dt.datetime) -> dict[str, Any]:
        """Do all steps that this home has not done before and return the figures."""
        yesterday = now.date() - dt.timedelta(days=1)
        with self.step("data"):
            env = environment(self.site)
            loaded = load(wanted, self.site.home, yesterday, env, self.console.print)
        done = self.site.home / "demo" / f"{loaded.last_day}.json"
        if done.exists():
            self.console.print(f"this home has run the DAGs for {loaded.last_day}: nothing to redo")
            kept: dict[str, Any] = json.loads(done.read_text())
            return kept
        with self.step("dags"):
            self._run_dags(loaded, now)
        with self.step("open shop"):
            self._await_search()
        figures = self._figures(loaded)
        done.parent.mkdir(exist_ok=True)
        outcome.write_json(figures, done)
        return figures

    def _run_dags(self, loaded: Loaded, now: dt.datetime) -> None:
        airflow = connect(self.site.url("airflow-api"))
        features_first = loaded.last_day - dt.timedelta(days=N_FEATURE_DAYS - 1)
        days = Days(
            first=loaded.first_day,
            last=loaded.last_day,
            features_first=max(loaded.first_day, features_first),
            pictures_first=loaded.last_day,
            features_every=HOLDOUT_DAYS,
        )
        states = self._seeded(run_chain(airflow, days, now), loaded.last_day, now)
        progress = follow(self._kept_alive(states), airflow, self.console)
        self.seconds |= seconds_by_task(progress)

    def _seeded(
        self, states: Iterable[Progress], last_day: dt.date, now: dt.datetime
    ) -> Iterator[Progress]:
        """Seed the shop as soon as the days are counted: minutes later purchases are planned for it."""
        is_seeded = False
        for state in states:
            if not is_seeded and state.has_done("build_features", "build_daily_facts"):
                with self.step("seed shop"):
                    self._seed_shop(last_day, now)
                is_seeded = True
            yield state

    def _seed_shop(self, last_day: dt.date, now: dt.datetime) -> None:
        lake = Partitions(self.site.home / "lake")
        operator = environment(self.site)["SHOP_OPERATOR_EMAIL"]
        seeded = seed_shop(self.site.database_url, lake, last_day, Buyer(operator, now))
        self.console.print(
            f"the shop has {seeded.n_versions:,} product versions, "
            f"and supply terms of {seeded.n_terms:,} products"
        )

    def _await_search(self) -> None:
        """Return once serving answers from the new index, so that the requests printed work."""
        deadline = time.monotonic() + OPEN_SECONDS
        while http_status(f"{self.site.url('serving')}/api/v1/products?limit=1") != 200:
            if time.monotonic() > deadline:
                raise StepFailedError(
                    "serving does not open the index: see `emporium logs serving`"
                )
            self.keep_alive()
            time.sleep(0.2)

    def _kept_alive(self, states: Iterable[Progress]) -> Iterator[Progress]:
        for state in states:
            self.keep_alive()
            yield state

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step and watch the memory of all processes while it runs."""
        start = time.monotonic()
        ended = threading.Event()
        watch = threading.Thread(target=self._watch_memory, args=(ended,), daemon=True)
        watch.start()
        try:
            yield
        finally:
            ended.set()
            watch.join()
            self.seconds[name] = round(time.monotonic() - start, 1)

    def _watch_memory(self, ended: threading.Event) -> None:
        while True:
            self.peak_bytes = max(self.peak_bytes, processes.memory_bytes(self.site.home))
            if ended.wait(3):
                return

    def _figures(self, loaded: Loaded) -> dict[str, Any]:
        return {
            "data": loaded.name,
            "first_day": loaded.first_day,
            "last_day": loaded.last_day,
            "reports": outcome.read_reports(self.site.home / "reports", loaded.last_day),
            "seconds": self.seconds,
            "peak_memory_gb": self.peak_bytes / 1e9,
        }


def follow(states: Iterable[Progress], airflow: AirflowClient, console: Console) -> Progress:
    """Show a chain's progress, live or a line per change, and return its end.

    Raises
    ------
    StepFailedError
        If a task failed; with the end of its log.
    """
    progress = Progress()
    shown: dict[str, str] = {}
    with Live(console=console, refresh_per_second=2, transient=not console.is_terminal) as live:
        for progress in states:
            live.update(task_table(progress))
            if not console.is_terminal:
                _print_changes(progress, shown, console)
    if progress.failed:
        raise StepFailedError(failure(airflow, progress.failed[0]))
    return progress


def _print_changes(progress: Progress, shown: dict[str, str], console: Console) -> None:
    for task in progress.tasks:
        name, state = f"{task['dag_id']}.{task['task_id']}", task["state"] or "waiting"
        if state in MARKS and shown.get(name) != state:
            seconds = f" {task['duration']:.0f} s" if task["duration"] else ""
            console.print(f"{name} {state}{seconds}")
            shown[name] = state


def task_table(progress: Progress) -> Table:
    """Return the live table of tasks."""
    table = Table("DAG", "task", "state", "seconds", show_edge=False)
    for task in progress.tasks:
        state = task["state"] or "waiting"
        seconds = f"{task['duration']:.0f}" if task["duration"] else ""
        table.add_row(task["dag_id"], task["task_id"], MARKS.get(state, state), seconds)
    return table


def failure(airflow: AirflowClient, task: dict[str, Any]) -> str:
    """Return the sentence of a failed task and the end of its log."""
    lines = airflow.log(task)[-N_LOG_LINES:]
    return f"{task['dag_id']}.{task['task_id']} failed:\n" + "\n".join(lines)


def curl_lines(site: Site, date: dt.date) -> list[str]:
    """Return three requests that work once the DAGs have run: real words, a real customer."""
    gateway = site.url("gateway")
    lake = Partitions(site.home / "lake")
    titles = lake.read(SearchDocument, date, date, ["title"])["title"]
    users = lake.read(UserFeatures, date, date, ["user_id"])["user_id"]
    word = titles[0].as_py().split()[-1].lower() if len(titles) else "gift"
    customer_id = pc.min(users).as_py() if len(users) else 1
    api = f"{gateway}/api/v1"
    return [
        f"curl '{api}/products?q={word}&limit=3'",
        f"curl '{api}/recommendations?type=for_you&customer_id={customer_id}&limit=5'",
        f"curl '{api}/recommendations?type=trending&limit=5'",
    ]
