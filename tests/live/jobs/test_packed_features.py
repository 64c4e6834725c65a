"""The contract of packed features: what Feast returns, value for value (features.store.packed)."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from redis import Redis

from features.schemas.arrow import arrow_schema
from features.schemas.lake import ProductFeatures, UserFeatures
from features.store.definitions import PUSHED
from features.store.materialising import Materialising
from features.store.opening import apply_definitions, open_store
from features.store.packed import PACKED, PRODUCT, USER_LISTS, Wanted
from features.store.packed_redis import AsyncPackedFeatures, Connections, PackedFeatures
from features.store.user_lists import UserList, UserLists
from jobs.publish_features import Online

pytestmark = pytest.mark.live

NOW = dt.datetime.now(dt.UTC)
LONG_AGO = NOW - dt.timedelta(days=400)
N_PRODUCTS, N_USERS, N_UNKNOWN = 1_200, 300, 100
NULL_SHARE = 0.1


@pytest.fixture
def store(tmp_path, redis_url):
    store = open_store(tmp_path / "feast", redis_url, overwrite=True)
    apply_definitions(store, tmp_path / "lake")
    return store


@pytest.fixture
def packed(redis_url):
    with Redis.from_url(redis_url) as redis:
        yield PackedFeatures(redis)


@pytest.fixture
def online(store, packed, tmp_path, redis_url):
    return Online(store, packed, Materialising(tmp_path / "feast", redis_url))


def drawn(row, n_rows, seed):
    """Rows of random values: nulls, large and negative numbers, rows older than the time to live."""
    random = np.random.default_rng(seed)
    rows = []
    for entity_id in range(1, n_rows + 1):
        cells = {}
        for name in PACKED[row].columns:
            value = random.choice([random.normal() * 1e3, random.integers(0, 2**53 - 1), 0])
            whole = arrow_schema(row).field(name).type == pa.int64()
            cells[name] = int(value) if whole else float(value)
            if random.random() < NULL_SHARE:
                cells[name] = None
        lists = {column: random.integers(1, 2**53, random.integers(0, 21)).tolist()
                 for column in PUSHED.values()}  # fmt: skip
        at = LONG_AGO if entity_id % 3 == 0 else NOW
        keys = {PACKED[row].entity: entity_id, "available_at": at, "date": NOW.date()}
        rows.append(cells | lists | keys)
    return pa.Table.from_pylist(rows, schema=arrow_schema(row))


def by_feast(store, row, ids):
    """The same columns by Feast's SDK: an array, nan for None."""
    shape = PACKED[row]
    names = [f"{row.table}:{name}" for name in shape.columns]
    entities = [{shape.entity: entity_id} for entity_id in ids]
    answer = store.get_online_features(names, entities).to_dict()
    return np.array([answer[name] for name in shape.columns], dtype=np.float64).T


def test_more_than_10_000_values_are_what_feast_returns(online, store, packed):
    online.write(ProductFeatures, drawn(ProductFeatures, N_PRODUCTS, seed=1))
    online.write(UserFeatures, drawn(UserFeatures, N_USERS, seed=2))
    product_ids = range(1, N_PRODUCTS + N_UNKNOWN + 1)
    user_ids = range(1, N_USERS + N_UNKNOWN + 1)

    products = packed.read(Wanted(product_ids)).products
    users = np.array([packed.read(Wanted([], user_id)).user for user_id in user_ids])

    assert products.size + users.size > 10_000
    np.testing.assert_array_equal(products, by_feast(store, ProductFeatures, product_ids))
    np.testing.assert_array_equal(users, by_feast(store, UserFeatures, user_ids))
    assert np.isnan(products[N_PRODUCTS:]).all()
    assert not np.isnan(products[:N_PRODUCTS]).all(axis=1).any()


def test_lists_of_users_are_what_feast_returns(online, store, packed):
    online.write(UserFeatures, drawn(UserFeatures, N_USERS, seed=3))
    user_ids = range(1, N_USERS + N_UNKNOWN + 1)

    read = [packed.read(Wanted([], user_id)).user_lists for user_id in user_ids]

    for view in USER_LISTS:
        by_user = UserLists(view, store, packed).read(user_ids)
        assert [lists[view].tolist() for lists in read] == list(by_user.values())


async def test_an_event_loop_reads_the_same(online, packed, redis_url):
    online.write(ProductFeatures, drawn(ProductFeatures, 5, seed=4))
    wanted = Wanted([1, 2, 99], user_id=1)

    connections = Connections(redis_url, seconds=5)
    read = await AsyncPackedFeatures(connections).read(wanted)
    await connections.close()

    np.testing.assert_array_equal(read.products, packed.read(wanted).products)


def test_one_command_reads_products_user_and_lists(packed, redis_url):
    def n_commands():
        return sum(each["calls"] for each in packed.redis.info("commandstats").values())

    packed.redis.config_resetstat()
    before = n_commands()

    packed.read(Wanted(range(1, 101), user_id=1))

    assert packed.redis.info("commandstats")["cmdstat_mget"]["calls"] == 1
    assert n_commands() - before <= 3  # the counting itself asks twice


def test_who_is_not_in_the_newest_day_is_forgotten(online, packed):
    online.write(ProductFeatures, drawn(ProductFeatures, 5, seed=5))
    packed.redis.set(f"{PRODUCT.prefix}00000000:1", b"of an older layout")

    online.write(ProductFeatures, drawn(ProductFeatures, 3, seed=6))

    assert np.isnan(packed.read(Wanted([3, 4])).products).all(axis=1).tolist() == [False, True]
    assert len(packed.redis.keys(f"{PRODUCT.prefix}*")) == 3


def pushed(view, store, packed, *lists):
    UserLists(view, store, packed).push([UserList(*one) for one in lists])


@pytest.mark.parametrize("view", PUSHED)
@pytest.mark.parametrize(
    ("pushed_at", "expected"),
    [
        (NOW + dt.timedelta(seconds=1), [9]),  # after the batch's day: the batch cannot know it
        (NOW, [1, 2]),
        (LONG_AGO, [1, 2]),
    ],
)
def test_a_batch_does_not_take_back_what_was_pushed_after_its_day(
    view, pushed_at, expected, online, store, packed
):
    pushed(view, store, packed, (1, [9], pushed_at))
    batch = pa.Table.from_pylist(
        [{"user_id": 1, PUSHED[view]: [1, 2], "available_at": NOW}],
        schema=arrow_schema(UserFeatures),
    )

    UserLists(view, store, packed).publish(batch)

    assert packed.read(Wanted([], user_id=1)).user_lists[view].tolist() == expected
    assert UserLists(view, store, packed).read([1]) == {1: expected}
