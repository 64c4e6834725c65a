import datetime as dt

import httpx2
import jwt
import pytest

from operations.app import create_app
from operations.settings import Settings
from tests.unit.operations.fake_network import FakeNetwork
from web.tokens import ISSUER

SECRET = "a secret of the tests, long enough"


def token(role, secret=SECRET):
    now = dt.datetime.now(dt.UTC)
    claims = {
        "iss": ISSUER,
        "sub": "7",
        "role": role,
        "iat": now,
        "exp": now + dt.timedelta(hours=1),
    }
    return jwt.encode(claims, secret, "HS256")


@pytest.fixture
def network():
    return FakeNetwork()


@pytest.fixture
def settings(tmp_path):
    return Settings(
        home=tmp_path,
        token_secret=SECRET,
        airflow_url="http://airflow",
        inbox_url="http://inbox",
        probes={"serving": "http://serving/readyz", "airflow-api": "http://airflow/health"},
        log_level="ERROR",
    )


@pytest.fixture
async def ask(settings, network):
    """Ask as an operator: `await ask("GET", "/dags")`."""
    app = create_app(settings, httpx2.ASGITransport(network.app))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://operations") as client:

        async def asked(method, path, role="ops", **more):
            headers = {"Authorization": f"Bearer {token(role)}"} if role else {}
            return await client.request(
                method, f"/api/v1/operations{path}", headers=headers, **more
            )

        yield asked
