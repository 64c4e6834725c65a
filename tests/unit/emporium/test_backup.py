"""What a backup and its restore refuse, and what a manifest holds (emporium.backup, emporium.restore)."""

import contextlib
import datetime as dt
import json
import subprocess
import sys
import time

import psutil
import pytest

from emporium import backup_manifest, backups
from emporium.backup import FILES, Stores, back_up, copy_files, held
from emporium.databases import SetupError
from emporium.restore import restore
from emporium.settings import Settings

NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
NOWHERE = Stores({}, "redis://127.0.0.1:1/0", None)


def silent(_line):
    pass


@pytest.fixture
def small(tmp_path):
    """A whole backup without any store."""
    folder = tmp_path / "backup"
    (folder / FILES).mkdir(parents=True)
    (folder / FILES / "data.json").write_text("{}")
    (folder / FILES / "current").symlink_to("versions/a")
    backup_manifest.write(backup_manifest.of_folder(folder, str(NOW), "test", []), folder)
    return folder


def test_a_manifest_has_sizes_digests_and_links(small):
    found = backup_manifest.checked(small)

    assert found.links == {"home/current": "versions/a"}
    assert found.files["home/data.json"][0] == found.n_bytes == 2


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda folder: (folder / FILES / "data.json").write_text("[]"), "missing or damaged"),
        (lambda folder: (folder / FILES / "data.json").unlink(), "missing or damaged"),
        (lambda folder: (folder / "manifest.json").unlink(), "is no whole backup"),
        (lambda folder: (folder / "manifest.json").write_text('{"form": 1'), "is no whole backup"),
    ],
)
def test_a_damaged_backup_is_not_restored(small, tmp_path, harm, says):
    harm(small)

    with pytest.raises(SetupError, match=says):
        restore(small, tmp_path / "home", silent)

    assert not (tmp_path / "home").exists()


def test_a_backup_of_another_form_is_left_to_its_code(small, tmp_path):
    told = json.loads((small / "manifest.json").read_text())
    (small / "manifest.json").write_text(json.dumps({**told, "form": 99}))

    with pytest.raises(SetupError, match="of form 99: restore it with its code"):
        restore(small, tmp_path / "home", silent)


def test_a_home_that_holds_something_is_not_overwritten(small, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "data.json").write_text("mine")

    with pytest.raises(SetupError, match="holds something: move it away"):
        restore(small, tmp_path / "home", silent)

    assert (tmp_path / "home" / "data.json").read_text() == "mine"


def test_a_backup_needs_a_new_folder_outside_of_the_home(small, tmp_path):
    home = tmp_path / "home"
    home.mkdir()

    with pytest.raises(SetupError, match="exists: name a new folder"):
        back_up(home, NOWHERE, small, NOW, "test", silent)
    with pytest.raises(SetupError, match="name a folder elsewhere"):
        back_up(home, NOWHERE, home / "backup", NOW, "test", silent)


def test_what_a_start_makes_anew_is_not_copied(tmp_path):
    home = tmp_path / "home"
    for name in ("lake/raw", "lake/.staging", "logs", "index/copies", "index/versions"):
        (home / name).mkdir(parents=True)
        (home / name / "file").write_text("x")

    copy_files(home, tmp_path / "copy")

    kept = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("file")}
    assert kept == {"lake/raw/file", "index/versions/file"}


def test_a_process_is_held_for_the_block_and_goes_on_after_an_error():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        with contextlib.suppress(ValueError), held(process.pid):
            assert psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
            raise ValueError
        deadline = time.monotonic() + 60
        while psutil.Process(process.pid).status() == psutil.STATUS_STOPPED:
            assert time.monotonic() < deadline
    finally:
        process.kill()
        process.wait()


def test_servers_of_ones_own_are_left_to_their_owner():
    with pytest.raises(SetupError, match="back it up by its own means"):
        backups._refuse_foreign_stores(Settings(database_url="postgresql://a@b/c"))


def test_a_backup_waits_for_no_dag_that_runs(monkeypatch):
    class Airflow:
        def latest(self, dag, limit):
            return [
                {"dag_id": "ingest", "state": "running"},
                {"dag_id": "nightly", "state": "failed"},
            ]

    monkeypatch.setattr(backups, "connect", lambda _: Airflow())

    with pytest.raises(SetupError, match="ingest runs, and lake, index and models change"):
        backups._refuse_while_a_dag_runs("")


def test_stores_are_found_in_what_the_supervisor_wrote(tmp_path):
    site = {
        "home": str(tmp_path),
        "database_url": "a",
        "airflow_database_url": "b",
        "mlflow_database_url": "c",
        "redis_url": "d",
    }

    found = backups.stores_of({"site": site, "pids": {"worker": 7}})

    assert found.databases == {"shop": "a", "airflow": "b", "mlflow": "c"}
    assert (found.redis_file, found.worker_pid) == (tmp_path / "redis" / "dump.rdb", 7)
