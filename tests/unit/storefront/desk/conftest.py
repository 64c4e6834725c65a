import pytest

from tests.unit.storefront.desk.fake_desk import FakeDesk
from tests.unit.storefront.test_forms_and_headers import logged_in


@pytest.fixture
def fake():
    return FakeDesk()


@pytest.fixture
async def desk(browser):
    """An operator before the pages."""
    await logged_in(browser)
    return browser
