"""The shop's pages before made-up APIs, on a port."""

import contextlib
import threading
import time

import httpx2
import uvicorn

from storefront.app import create_app
from storefront.settings import Settings
from tests.unit.storefront.conftest import SECRET


def make_store(fake, **changed):
    settings = Settings(
        shop_url="http://shop",
        serving_url="http://serving",
        secret=SECRET,
        log_level="ERROR",
        **changed,
    )
    transport = httpx2.ASGITransport(fake.app)
    return create_app(settings, transport, transport)


@contextlib.contextmanager
def served(app):
    """Serve an application in a thread; yields its URL."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
