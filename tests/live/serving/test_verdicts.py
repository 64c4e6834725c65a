"""What returns and reviews leave of products follows the features, on a real Redis."""

from types import SimpleNamespace

import pyarrow as pa
import pytest
import redis as redis_client
import structlog

from features.store.packed import PRODUCT
from features.store.packed_redis import PackedFeatures
from serving.recommendations.verdicts import REFRESH_SECONDS, CurrentVerdicts
from tests.unit.serving.shop_by_hand import N_PRODUCTS, index_of

pytestmark = pytest.mark.live


@pytest.fixture
def packed(redis_url):
    with redis_client.Redis.from_url(redis_url) as redis:
        redis.flushdb()
        yield PackedFeatures(redis)


@pytest.fixture
def index(tmp_path):
    return SimpleNamespace(current=SimpleNamespace(value=index_of(tmp_path / "v1")))


def write(packed, mean_rating):
    """Write every product's features: nothing given back, so many stars."""
    columns = {name: [0.0] * N_PRODUCTS for name in PRODUCT.columns}
    columns |= {"mean_rating": [mean_rating] * N_PRODUCTS}
    times = pa.array([0] * N_PRODUCTS, pa.timestamp("us", tz="UTC"))
    packed.write_all(
        PRODUCT,
        pa.table({"product_id": range(1, N_PRODUCTS + 1), **columns, "available_at": times}),
    )


def quality(current, index):
    return current.of(index.current.value.listing).quality[0]


def test_they_are_read_again_once_features_were_written_and_not_before(packed, index):
    moment = [0.0]
    current = CurrentVerdicts(index, packed, structlog.get_logger(), lambda: moment[0])
    current.refresh()  # with a new index, before its features are there
    assert quality(current, index) == 1

    write(packed, 2.0)
    current.refresh()
    assert quality(current, index) == 0.5

    packed.redis.flushdb()
    packed.redis.set("written:product_features", 1)
    current.refresh()
    assert quality(current, index) == 0.5  # nothing was written
    moment[0] = REFRESH_SECONDS
    current.refresh()
    assert quality(current, index) == 1


def test_a_new_index_has_the_verdicts_that_were_known_until_its_own_are_read(
    packed, index, tmp_path
):
    current = CurrentVerdicts(index, packed, structlog.get_logger())
    write(packed, 2.0)
    current.refresh()

    index.current = SimpleNamespace(value=index_of(tmp_path / "v2", N_PRODUCTS + 1))

    listing = index.current.value.listing
    assert current.of(listing).quality.tolist() == [0.5] * N_PRODUCTS + [1.0]
    write(packed, 3.0)
    current.refresh()
    assert current.of(listing).quality.tolist() == [0.75] * N_PRODUCTS + [1.0]


def test_without_redis_what_was_known_stays(packed, index):
    current = CurrentVerdicts(index, packed, structlog.get_logger())
    write(packed, 2.0)
    current.refresh()

    current._packed = PackedFeatures(redis_client.Redis(port=1))
    current.refresh()

    assert quality(current, index) == 0.5
