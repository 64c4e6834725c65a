"""`emporium backup` and `emporium restore`: everything of a home in one folder, and back."""

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from emporium.airflow_client import TERMINAL, connect
from emporium.backup import Stores, back_up
from emporium.backup_manifest import Manifest
from emporium.data import code_version
from emporium.databases import SetupError
from emporium.documents import JsonFile, aside, write_document
from emporium.reporting import reporting
from emporium.restore import RDB
from emporium.restore import restore as restored
from emporium.running import running_site
from emporium.settings import Settings
from emporium.supervisor import read_state

console = Console(highlight=False, soft_wrap=True)
N_RUNS_LOOKED_AT = 100


def backup(
    folder: Annotated[Path, typer.Argument(help="a new folder; it will hold secrets and persons")],
    json_file: JsonFile = None,
) -> None:
    """Write databases, Redis, lake, models and index of the running platform into a folder."""
    settings = Settings()
    aside(console, json_file)
    urls = running_site(settings, console)
    with reporting(console), console.status("backing up") as status:
        _refuse_foreign_stores(settings)
        _refuse_while_a_dag_runs(urls["airflow-api"])
        state = read_state(settings.home) or {}
        now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge
        stores = stores_of(state)
        manifest = back_up(settings.home, stores, folder, now, code_version(), status.update)
    _tell(manifest, folder, json_file)


def restore(
    folder: Annotated[Path, typer.Argument(help="that `emporium backup` wrote")],
    json_file: JsonFile = None,
) -> None:
    """Make a home of a backup; `EMPORIUM_HOME` names it and must not hold anything yet."""
    settings = Settings()
    aside(console, json_file)
    with reporting(console), console.status("restoring") as status:
        _refuse_foreign_stores(settings)
        if read_state(settings.home):
            raise SetupError(f"Emporium runs on {settings.home}: `emporium stop` stops it")
        manifest = restored(folder, settings.home, status.update)
    _tell(manifest, folder, json_file)
    console.print(f"{settings.home} is made of it: `emporium up` starts it", markup=False)


def stores_of(state: dict[str, Any]) -> Stores:
    """Return where a running site's stores are, out of what its supervisor wrote."""
    site = state["site"]
    names = {
        "shop": "database_url",
        "airflow": "airflow_database_url",
        "mlflow": "mlflow_database_url",
    }
    databases = {name: site[key] for name, key in names.items()}
    saved = Path(site["home"]) / "redis" / RDB
    return Stores(databases, site["redis_url"], saved, state["pids"].get("worker"))


def _refuse_foreign_stores(settings: Settings) -> None:
    if settings.database_url or settings.redis_url:
        raise SetupError(
            "DATABASE_URL or REDIS_URL names a server of yours: back it up by its own means; this "
            "command is for the servers that Emporium starts itself"
        )


def _refuse_while_a_dag_runs(url: str) -> None:
    runs = connect(url).latest("~", N_RUNS_LOOKED_AT)
    busy = sorted({run["dag_id"] for run in runs if run["state"] not in TERMINAL})
    if busy:
        raise SetupError(
            f"{', '.join(busy)} runs, and lake, index and models change meanwhile: wait until "
            "`emporium runs` says that it is over"
        )


def _tell(manifest: Manifest, folder: Path, json_file: JsonFile) -> None:
    about = {name: value for name, value in asdict(manifest).items() if name != "files"}
    figures = {"n_files": len(manifest.files), "n_bytes": manifest.n_bytes}
    write_document({"folder": folder, **about, **figures}, json_file)
    console.print(
        f"{folder}: {len(manifest.files):,} files, {manifest.n_bytes / 1e6:,.1f} MB, of {manifest.made_at}",
        markup=False,
    )
