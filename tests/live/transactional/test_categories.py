"""The tree of categories (transactional.catalogue.categories)."""

import asyncio
import contextlib
import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import async_sessionmaker

from tests.live.transactional.conftest import LAST_YEAR, product
from transactional.catalogue.categories.repository import CategoryRepository
from transactional.catalogue.categories.service import CategoryService
from transactional.catalogue.categories.tree import CategoryProblem
from transactional.catalogue.loading import load_products
from transactional.database import make_engine

pytestmark = pytest.mark.live

CATEGORIES = "/api/v1/catalogue/categories"
LATER = LAST_YEAR + dt.timedelta(days=1)
TREE = "select category_id, path, parent_id, ancestor_ids from categories order by path"
# What of the tree does not follow from each category's parent.
INCONSISTENT = """
select child.* from categories as child left join categories as parent
    on parent.category_id = child.parent_id
where child.ancestor_ids <> case when child.parent_id is null then '{}'
                                 else parent.ancestor_ids || parent.category_id end
   or child.path is distinct from
      coalesce(parent.path || ' > ', '') || regexp_replace(child.path, '^.* > ', '')
"""
TOLD = """
select key, body->>'category_path' as path from outbox where topic = 'products' order by position
"""


@pytest.fixture(autouse=True)
def only_when_asked(monkeypatch):
    """The service's own clock would do what a test is about to count."""
    monkeypatch.setattr("transactional.equipment.DUTIES_SECONDS", 3600)


@pytest.fixture
def ops(client, shopper):
    """Ask for something about categories as an operator; return the answer's document."""
    headers = shopper(role="ops")

    async def ask(method, path="", **body):
        answer = await client.request(method, CATEGORIES + path, json=body or None, headers=headers)
        return answer.json() if answer.content else answer.status_code

    return ask


async def test_loaded_paths_become_a_tree(migrated, client, rows):
    await load_products(
        migrated,
        [
            product(1, category_id=7, category_path="Home > Lamps > Desk"),
            product(2, category_id=5, category_path="Home > Lamps"),
            product(3, category_id=9, category_path=None),
        ],
    )

    tree = {row["path"]: row for row in rows(TREE)}
    home = tree["Home"]["category_id"]
    assert home >= 10**9  # the logs give small ids; this one is of the shop
    assert tree["Home > Lamps"]["ancestor_ids"] == [home]
    assert tree["Home > Lamps > Desk"]["ancestor_ids"] == [home, 5]
    assert tree["Home > Lamps > Desk"]["parent_id"] == 5
    assert tree[None] == {"category_id": 9, "path": None, "parent_id": None, "ancestor_ids": []}
    below_home = await client.get(f"/api/v1/catalogue/products?category_id={home}")
    assert [each["product_id"] for each in below_home.json()["products"]] == [1, 2]


async def test_the_tree_is_listed_in_pages_each_category_after_the_one_above_it(ops, client):
    home = (await ops("POST", name="Home"))["category_id"]
    lamps = (await ops("POST", name="Lamps", parent_id=home))["category_id"]
    await ops("POST", name="Garden")
    await ops("POST", name="Desk", parent_id=lamps)

    first = (await client.get(f"{CATEGORIES}?limit=2")).json()
    rest = (await client.get(f"{CATEGORIES}?cursor={first['next_cursor']}")).json()
    children = (await client.get(f"{CATEGORIES}/{home}/children")).json()

    assert [each["path"] for each in first["categories"]] == ["Garden", "Home"]
    assert [each["path"] for each in rest["categories"]] == ["Home > Lamps", "Home > Lamps > Desk"]
    assert rest["next_cursor"] is None
    assert [each["category_id"] for each in children["categories"]] == [lamps]


async def test_a_move_takes_everything_below_along_and_the_log_learns_it(
    app, migrated, ops, rows, stocked
):
    await stocked({1: 5, 2: 5, 3: 5}, category_id=7, category_path="Home > Lamps")
    await load_products(migrated, [product(4, category_id=8, category_path="Home > Lamps > Desk")])
    office = (await ops("POST", name="Office"))["category_id"]
    app.state.path_telling = app.state.path_telling.__class__(
        app.state.sessions, app.state.path_telling.now, app.state.path_telling.new_event_id, 2
    )

    moved = await ops("PATCH", "/7", parent_id=office, name="Lights")
    n_told = await app.state.path_telling.tell_paths()
    n_more = await app.state.path_telling.tell_paths()

    assert moved["path"] == "Office > Lights"
    assert rows(INCONSISTENT) == []
    assert (n_told, n_more) == (4, 0)
    assert [tuple(row.values()) for row in rows(TOLD)] == [
        ("1", "Office > Lights"),
        ("2", "Office > Lights"),
        ("3", "Office > Lights"),
        ("4", "Office > Lights > Desk"),
    ]


async def test_what_an_operator_renamed_is_not_renamed_back_by_older_logs(migrated, ops, rows):
    old = [product(1, category_id=7, category_path="Home > Lamps")]
    await load_products(migrated, old)
    await ops("PATCH", "/7", name="Lights")

    await load_products(migrated, old)

    assert rows("select path from categories where category_id = 7") == [{"path": "Home > Lights"}]


async def test_what_the_tree_cannot_be_is_refused_and_nothing_changes(ops, rows, stocked):
    await stocked({1: 5}, category_id=7, category_path="Home > Lamps")
    home = rows("select category_id from categories where path = 'Home'")[0]["category_id"]
    garden = (await ops("POST", name="Garden"))["category_id"]
    before = rows(TREE)

    answers = [
        await ops("PATCH", f"/{home}", parent_id=7),  # below itself
        await ops("PATCH", f"/{home}", name="Garden"),  # a name that is taken
        await ops("POST", name="Lamps", parent_id=home),
        await ops("PATCH", f"/{home}", name="x" * 81),
        await ops("POST", name="a > b"),
        await ops("POST", name="Lamps", parent_id=12345),
        await ops("DELETE", f"/{home}"),  # holds a category
        await ops("DELETE", "/7"),  # holds a product
        await ops("DELETE", "/12345"),
    ]

    assert [answer["type"].rpartition("/")[2] for answer in answers] == [
        *["category-tree"] * 3,
        *["invalid-request"] * 2,
        "unknown-category",
        *["category-used"] * 2,
        "unknown-category",
    ]
    assert rows(TREE) == before
    assert await ops("DELETE", f"/{garden}") == 204


async def test_no_path_becomes_longer_than_the_log_takes(ops):
    outer = (await ops("POST", name="o" * 80))["category_id"]
    parent = (await ops("POST", name="p" * 80))["category_id"]
    child = (await ops("POST", name="c" * 80, parent_id=parent))["category_id"]
    await ops("POST", name="g" * 55, parent_id=child)  # 80 + 3 + 80 + 3 + 55 = 221 letters

    moved = await ops("PATCH", f"/{parent}", parent_id=outer)  # and 83 more: 304

    assert moved["type"] == "/problems/category-tree"
    assert "304" in moved["detail"]


def test_after_any_moves_ancestors_and_paths_follow_from_the_parents(migrated, rows, database):
    """Moves among nine categories, of any onto any: some are refused, the tree stays a tree."""
    moves = st.lists(
        st.tuples(st.integers(0, 8), st.none() | st.integers(0, 8), st.sampled_from("abc")),
        min_size=5,
        max_size=12,
    )

    engine = make_engine(migrated, 4)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def do(operation, *arguments, **options):
        async with sessions.begin() as session:
            service = CategoryService(CategoryRepository(session), lambda: LATER)
            return await getattr(service, operation)(*arguments, **options)

    async def move_all(wanted):
        ids = [(await do("create", f"c{n}", None)).category_id for n in range(9)]
        for category, parent, name in wanted:
            parent_id = None if parent is None else ids[parent]
            with contextlib.suppress(CategoryProblem):
                await do("change", ids[category], name, parent_id, moves=True)

    with asyncio.Runner() as runner:

        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
        @given(moves)
        def stays_a_tree(wanted):
            database.exec_driver_sql("delete from categories")
            runner.run(move_all(wanted))
            assert rows(INCONSISTENT) == []

        stays_a_tree()
        runner.run(engine.dispose())
