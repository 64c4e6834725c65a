import pytest

from tests.browser.store import make_store, served
from tests.unit.storefront.fake_apis import FakeApis


@pytest.fixture
def fake():
    return FakeApis()


@pytest.fixture
def store_url(fake):
    """URL of the pages before made-up APIs."""
    with served(make_store(fake)) as url:
        yield url
