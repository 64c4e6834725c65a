import httpx2
import pytest

from storefront.app import create_app
from storefront.settings import Settings
from tests.page_reader import Browser
from tests.unit.storefront.fake_apis import FakeApis

SECRET = "a secret of the tests, long enough"


@pytest.fixture
def fake():
    return FakeApis()


@pytest.fixture
def app(fake):
    settings = Settings(
        shop_url="http://shop",
        serving_url="http://serving",
        operations_url="http://operations",
        secret=SECRET,
        log_level="ERROR",
    )
    transport = httpx2.ASGITransport(fake.app)
    return create_app(settings, transport, transport, transport)


@pytest.fixture
async def browser(app):
    """Somebody before the pages; their cookies stay."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://store") as client:
        yield Browser(client)
