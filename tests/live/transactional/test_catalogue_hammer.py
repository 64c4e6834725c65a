"""Whatever is changed while pages are read, once all is told every page is the truth."""

import asyncio
import random

import pytest

from tests.live.transactional.catalogue_readers import CATALOGUE, two_processes, until

pytestmark = pytest.mark.live
IDS = range(1, 9)
LISTS = ("/products?category_id=7", "/products?limit=3")
PATHS = [*(f"/products/{id_}" for id_ in IDS), *LISTS]
TRUTH = """
select product_id, title, price_cents, status, version,
       (select sum(n_on_hand - n_reserved)::bigint from stock
        where stock.product_id = products.product_id) as n_available
from products order by product_id"""


async def test_after_any_changes_all_pages_become_the_truth(
    settings, migrated, provider, stocked, shopper_of, rows
):
    await stocked(dict.fromkeys(IDS, 1000))
    async with two_processes(settings, provider) as ((app, client), (_, other)):
        ops, ended = shopper_of(app), asyncio.Event()
        readers = [asyncio.create_task(read(each, ended)) for each in (client, other) * 3]

        await asyncio.gather(*(write(client, ops, random.Random(seed)) for seed in range(3)))
        ended.set()
        statuses = set().union(*await asyncio.gather(*readers))

        for reader in (client, other):
            await until(lambda reader=reader: is_the_truth(reader, rows))
    assert statuses == {200}


@pytest.fixture
def shopper_of(database):
    """Return the headers of an operator of an application."""
    import sqlalchemy as sa

    from transactional.tokens import Caller

    def make(app):
        statement = (
            "insert into accounts (email, password_hash, role, registered_at)"
            " values ('ops@example.com', '', 'ops', now()) returning customer_id"
        )
        customer_id = database.execute(sa.text(statement)).scalar_one()
        return {"Authorization": f"Bearer {app.state.tokens.issue(Caller(customer_id, 'ops'))}"}

    return make


async def write(client, ops, choices):
    """Change prices, titles, units and states of products as they come."""
    for n in range(25):
        path = f"{CATALOGUE}/products/{(id_ := choices.choice(IDS))}"
        bodies = [{"price_cents": choices.randrange(1, 9999)}, {"title": f"Lamp {n}"}]
        if n % 5 == 0:
            bodies += [{"status": "archived"}, {"status": "published"}]
        for body in bodies:
            await client.patch(path, json=body, headers=ops)
        movement = {"product_id": id_, "delta": choices.choice([-1, 1]), "reason": "corrected"}
        await client.post("/api/v1/stock/movements", json=movement, headers=ops)


async def read(client, ended):
    """Read all pages again and again; return the statuses of the answers."""
    statuses, choices = set(), random.Random(7)
    while not ended.is_set():
        statuses.add((await client.get(CATALOGUE + choices.choice(PATHS))).status_code)
        await asyncio.sleep(0)
    return statuses


async def is_the_truth(client, rows):
    truth = rows(TRUTH)
    names = tuple(truth[0])
    products = [(await client.get(f"{CATALOGUE}/products/{id_}")).json() for id_ in IDS]
    if [{name: each[name] for name in names} for each in products] != truth:
        return False
    for_sale = [(each["product_id"], each["price_cents"]) for each in truth
                if each["status"] == "published"]  # fmt: skip
    lists = [(await client.get(CATALOGUE + path)).json()["products"] for path in LISTS]
    listed = [[(each["product_id"], each["price_cents"]) for each in page] for page in lists]
    return listed == [for_sale, for_sale[:3]]
