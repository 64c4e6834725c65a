"""Order, back up, lose everything, restore: the same orders, units, money, carts and files (emporium.backup)."""

import contextlib
import datetime as dt
import shutil
import sqlite3

import httpx
import psycopg2
import pytest
from redis import Redis

from emporium import postgres, redis
from emporium.backup import FILES, Stores, back_up
from emporium.ports import free_port, is_listening
from emporium.restore import RDB, restore
from tests.live.transactional.conftest import SECRET
from tests.live.transactional.site import query, running_site, settled, until_answered
from tests.services import running
from transactional.deps import utc_now
from transactional.tokens import Caller, TokenSigner

pytestmark = pytest.mark.live
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
TABLES = """
select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
and not relispartition order by relname
"""


def figures_of(url):
    """Rows and a digest of each table of a database."""
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"select count(*), md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from {table} t"
            )
            found[table] = cursor.fetchone()
        return found


def keys_of(url):
    client = Redis.from_url(url)
    return {key: client.dump(key) for key in sorted(client.keys("*"))}


def files_of(home):
    names = ("lake", "index", "secrets.json")
    found = (path for name in names for path in [home / name, *(home / name).rglob("*")])
    paths = [path for path in found if ".staging" not in path.parts]
    return {
        str(path.relative_to(home)): path.readlink() if path.is_symlink() else path.read_bytes()
        for path in paths
        if path.is_symlink() or path.is_file()
    }


def make_files(home):
    """What the platform keeps beside its stores, and what a backup leaves out."""
    day = home / "lake" / "derived" / "daily_demand" / "date=2026-05-01"
    for folder in (
        day,
        home / "index" / "versions" / "a",
        home / "lake" / ".staging",
        home / "tmp",
    ):
        folder.mkdir(parents=True)
        (folder / "part-0.parquet").write_bytes(b"rows")
    (home / "index" / "current").symlink_to("versions/a")
    (home / "secrets.json").write_text('{"token": "x"}')
    (home / "secrets.json").chmod(0o600)


@contextlib.contextmanager
def started(home):
    """The stores of a home, on other ports than before."""
    ports = free_port(), free_port()
    server = postgres.command(home / "postgres", ports[0])
    url = postgres.url(ports[0], "shop")

    def accepts():
        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(url).close()
            return True
        return False

    cache = redis.command(home / "redis", ports[1])
    with (
        running(server, home / "postgres.log", accepts),
        running(cache, home / "redis.log", lambda: is_listening(ports[1])),
    ):
        yield url, redis.url(ports[1])


async def test_what_was_ordered_is_there_again_to_the_cent(tmp_path, record_property):
    home, folder = tmp_path / "home", tmp_path / "backup"
    home.mkdir()
    make_files(home)
    async with running_site(home) as site, httpx.AsyncClient(timeout=30) as client:
        token = TokenSigner(SECRET, utc_now).issue(Caller(1, "shopper"))
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "a-key-of-the-test"}
        answer = await until_answered(client, site, headers, [{"product_id": 3, "quantity": 2}])
        assert answer.status_code == 201, answer.text
        assert await settled(site) == []
        urls = site.database_url, redis.url(site.ports["redis"])
        Redis.from_url(urls[1]).hset("cart:guest", mapping={"3": "2"})
        stores = Stores({"shop": urls[0]}, urls[1], home / "redis" / RDB)

        manifest = back_up(home, stores, folder, NOW, "test", lambda _: None)

        before = figures_of(urls[0]), keys_of(urls[1]), files_of(home)
        paid = query(site, "select sum(amount_cents) as n from payments")[0]["n"]
    shutil.rmtree(home)

    restore(folder, home, lambda _: None)

    with started(home) as (database_url, redis_url):
        assert (figures_of(database_url), keys_of(redis_url), files_of(home)) == before
        with contextlib.closing(psycopg2.connect(database_url)) as connection:
            cursor = connection.cursor()
            cursor.execute("select sum(amount_cents) from payments")
            assert cursor.fetchone()[0] == paid > 0
    with contextlib.closing(sqlite3.connect(home / "payments.sqlite")) as books:
        assert books.execute("select count(*) from sqlite_master").fetchone()[0] > 0
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert not (folder / FILES / "tmp").exists()
    assert not (home / "lake" / ".staging").exists()
    record_property("backup, MB", round(manifest.n_bytes / 1e6, 1))
