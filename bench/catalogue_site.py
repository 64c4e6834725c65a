"""The shop with its worker and stores that can be killed or stopped, and nginx before it."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from bench import checkout_site
from bench.checkout_site import Stores
from bench.processes import running
from bench.watch import REPOSITORY
from emporium.ports import free_port, is_listening
from emporium.services import granian

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type application/json;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    proxy_cache_path {folder}/cache keys_zone=catalogue:10m max_size=100m use_temp_path=off;
    upstream shop {{ server 127.0.0.1:{shop}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        location /static/ {{ alias {folder}/static/; }}
        location /api/v1/catalogue/ {{
            proxy_pass http://shop;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_cache catalogue;
            proxy_cache_revalidate on;
            proxy_cache_lock on;
            proxy_cache_background_update on;
            proxy_cache_use_stale updating error timeout http_500 http_502 http_503 http_504;
            proxy_cache_bypass $http_authorization;
            proxy_no_cache $http_authorization;
            proxy_ignore_headers Vary;
            proxy_hide_header X-Request-Id;
            add_header X-Cache $upstream_cache_status;
        }}
    }}
}}
"""
"""As docs/operations.md has it, with folders of the bench's own."""
DESCRIBE = """
update products set brand = 'Brand ' || product_id % 90, external_id = 'A-' || product_id,
    description = repeat('A lamp of oiled oak that lights a table of six without a glare. ', 10),
    attributes = '{"colour": "oak", "height": "42 cm", "width": "18 cm", "weight": "1.4 kg",
                   "socket": "E27", "power": "8 W", "energy class": "A", "cable": "2 m"}'"""


@contextlib.contextmanager
def shop_and_worker(stores: Stores) -> Iterator[int]:
    """Run the API and the worker; yield the API's port."""
    environment = os.environ | {  # noqa: TID251 - handed on to the worker
        "PYTHONPATH": str(REPOSITORY),
        "DATABASE_URL": stores.database_url,
        "REDIS_URL": stores.redis_url,
        "TOKEN_SECRET": checkout_site.SECRET,
        "SMTP_URL": "smtp://127.0.0.1:1",
        "MAIL_FROM": "shop@example.com",
    }
    worker = [sys.executable, "-m", "transactional.worker"]
    with (
        checkout_site.shop(stores, orders_per_commit=32) as (port, _),
        running(worker, stores.folder / "worker.log", lambda: True, environment),
    ):
        yield port


@contextlib.contextmanager
def reference(folder: Path, factory: str, products: list[bytes]) -> Iterator[int]:
    """Run a factory of `bench.catalogue_reference` with these products; yield its port."""
    file, port = folder / "products.jsonl", free_port()
    file.write_bytes(b"\n".join(products))
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PRODUCTS": str(file)}  # noqa: TID251
    command = granian(f"bench.catalogue_reference:{factory}", port)
    with running(command, folder / f"{factory}.log", lambda: is_listening(port), environment):
        yield port


def describe(stores: Stores) -> None:
    """Give the products texts and attributes as sellers write them: a page of some 1.3 KB."""
    asyncio.run(_execute(stores.database_url, DESCRIBE))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextlib.contextmanager
def nginx(folder: Path, shop_port: int, file: bytes) -> Iterator[int | None]:
    """Run nginx before the shop, and with a file to serve; yield its port, None without nginx."""
    executable = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if executable is None:
        yield None
        return
    own, port = folder / "nginx", free_port()
    (own / "static").mkdir(parents=True)
    (own / "static" / "product.json").write_bytes(file)
    own.chmod(0o755)
    folder.chmod(0o755)  # its worker is another user if we are root
    (own / "nginx.conf").write_text(NGINX.format(folder=own, port=port, shop=shop_port))
    command = [executable, "-p", str(own), "-e", "stderr", "-c", str(own / "nginx.conf")]
    with running(command, folder / "nginx.log", lambda: is_listening(port)):
        yield port


@dataclass(frozen=True)
class Store:
    """A running store, found by the port it listens on."""

    port: int

    def send(self, number: int) -> None:
        """Send a signal to the server and its children."""
        [root] = [
            each.pid
            for each in psutil.net_connections("tcp")
            if each.status == psutil.CONN_LISTEN and each.laddr.port == self.port
        ]
        process = psutil.Process(root)
        for each in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(number)

    def kill(self) -> None:
        """End it without a word."""
        self.send(signal.SIGKILL)

    def hang(self) -> None:
        """Stop it: it holds its connections and answers nothing."""
        self.send(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self.send(signal.SIGCONT)


def wrk(url: str, script: Path, seconds: float, n_connections: int) -> float | None:
    """Return the answers a second that wrk gets; None without wrk. Exit if any is no success."""
    executable = shutil.which("wrk")
    if executable is None:
        return None
    options = ["-t", "1", "-c", str(n_connections), "-d", f"{seconds:.0f}s", "-s", str(script)]
    done = subprocess.run(  # noqa: S603 - our own
        [executable, *options, url], capture_output=True, text=True, check=True
    )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"FAILED: wrk {url}\n{done.stdout}")
    [rate] = [line.split()[1] for line in done.stdout.splitlines() if "Requests/sec" in line]
    return float(rate)
