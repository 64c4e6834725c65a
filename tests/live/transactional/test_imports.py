"""Many listings from one file (transactional.catalogue.imports)."""

import asyncio

import pytest

from tests.live.transactional.conftest import client_of, running
from transactional.catalogue.repository import CatalogueRepository

pytestmark = pytest.mark.live

IMPORTS = "/api/v1/catalogue/imports"
LISTED = (
    "select external_id, title, price_cents, status, version, attributes from products order by 1"
)


@pytest.fixture(autouse=True)
def only_when_asked(monkeypatch):
    """The service's own clock would do rows that a test is about to count."""
    monkeypatch.setattr("transactional.equipment.IMPORTS_SECONDS", 3600)


@pytest.fixture
def send(client):
    async def post(headers, text, media_type="text/csv"):
        return await client.post(
            IMPORTS, content=text, headers={**headers, "Content-Type": media_type}
        )

    return post


@pytest.fixture
def report(app, client):
    """Work through what waits and return the import's counts and the rows that tell of errors."""

    async def read(headers, import_id):
        await app.state.importing.go_on_with_imports()
        view = (await client.get(f"{IMPORTS}/{import_id}", headers=headers)).json()
        counts = {name[2:]: view[name] for name in view if name.startswith("n_")}
        page = await client.get(f"{IMPORTS}/{import_id}/rows", headers=headers)
        wrong = {
            row["row_number"]: [(each["field"], each["detail"]) for each in row["errors"]]
            for row in page.json()["rows"]
            if row["errors"]
        }
        return view["status"], counts, wrong

    return read


MIXED = """external_id,title,price_cents,status,category_id,attribute.size,seller_id
A,Lamp,1000,published,,M,
B,Bulb,cheap,,,,
C,Cord,300,,99,,
D,,400,,,,
A,Lamp again,5,,,,
E,Shade,500,archived,,,
F,Stand,600,,,,77
G,Hook,700,,,L,
"""


async def test_good_rows_take_effect_and_bad_ones_say_what_is_wrong(selling, send, report, rows):
    seller = selling(3)

    answer = await send(seller, MIXED)
    status, counts, wrong = await report(seller, answer.json()["import_id"])

    assert (answer.status_code, answer.json()["status"], answer.json()["n_done"]) == (
        202,
        "working",
        1,  # row 5 was refused at once
    )
    assert status == "done"
    assert counts == {
        "rows": 8, "done": 8, "created": 2, "updated": 0, "unchanged": 0, "refused": 6,
    }  # fmt: skip
    assert {number: [field for field, _ in errors] for number, errors in wrong.items()} == {
        2: ["price_cents"],
        3: ["category_id"],
        4: ["title"],
        5: ["external_id"],
        6: ["status"],
        7: ["seller_id"],
    }
    assert wrong[5] == [
        ("external_id", "Row 1 has this external_id already, and counts. Keep one of the two.")
    ]
    assert [tuple(row.values())[:4] for row in rows(LISTED)] == [
        ("A", "Lamp", 1000, "published"),
        ("G", "Hook", 700, "draft"),
    ]
    assert [row["key"] for row in rows("select key from outbox")] == ["1"]  # no draft is told
    assert rows("select price_cents from price_history") == [{"price_cents": 1000}]


async def test_a_second_file_changes_what_the_first_made_and_leaves_alone_what_is_as_it_was(
    selling, send, report, rows
):
    seller = selling(3)
    first = '{"external_id": "A", "title": "Lamp", "price_cents": 10, "brand": "X"}\n'
    first += '{"external_id": "B", "title": "Bulb", "price_cents": 20, "status": "published"}'
    second = '{"external_id": "A", "brand": null, "status": "published"}\n'
    second += '{"external_id": "B", "title": "Bulb", "price_cents": 20}'
    await report(seller, (await send(seller, first, "application/jsonl")).json()["import_id"])

    sent = await send(seller, second, "application/jsonl")
    _, counts, wrong = await report(seller, sent.json()["import_id"])

    assert (counts["updated"], counts["unchanged"], wrong) == (1, 1, {})
    assert rows("select external_id, brand, status from products order by 1") == [
        {"external_id": "A", "brand": None, "status": "published"},
        {"external_id": "B", "brand": None, "status": "published"},
    ]
    assert len(rows("select 1 from outbox")) == 2


async def test_a_running_service_works_through_imports_by_itself(
    settings, provider, migrated, selling, monkeypatch
):
    monkeypatch.setattr("transactional.equipment.IMPORTS_SECONDS", 0.02)
    headers = {**selling(3), "Content-Type": "text/csv"}

    async with running(settings, provider) as app, client_of(app) as client:
        sent = await client.post(IMPORTS, content="external_id\nA", headers=headers)
        own = f"{IMPORTS}/{sent.json()['import_id']}"
        while (await client.get(own, headers=headers)).json()["status"] != "done":
            await asyncio.sleep(0.02)


async def test_the_same_file_twice_at_once_is_one_import_of_each_seller(
    selling, send, report, rows
):
    ann, bob = selling(3), selling(4)
    text = "external_id,title,price_cents\nA,Lamp,10"

    answers = [await send(who, text) for who in (ann, ann, bob)]
    answers += await asyncio.gather(*(send(ann, text) for _ in range(5)))

    ids = [answer.json()["import_id"] for answer in answers]
    assert len({ids[0], ids[1], *ids[3:]}) == 1
    assert ids[2] != ids[0]
    await report(ann, ids[0])
    assert rows("select seller_id, external_id from products order by 1") == [
        {"seller_id": 3, "external_id": "A"},
        {"seller_id": 4, "external_id": "A"},
    ]


async def test_an_import_that_is_killed_again_and_again_gives_each_row_its_effect_once(
    app, selling, send, rows, monkeypatch
):
    """Each pass is cut off after a few statements of some row; then one goes through."""
    seller = selling(3)
    lines = "\n".join(f"N{n:02},Thing {n},{100 + n},published" for n in range(30))
    await send(seller, f"external_id,title,price_cents,status\n{lines}")
    importing = app.state.importing
    n_killed = 0

    for seconds in (0.005, 0.02, 0.035, 0.05, 0.03, 0.045):
        task = asyncio.create_task(importing.go_on_with_imports())
        await asyncio.sleep(seconds)
        n_killed += task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    left = len(rows("select 1 from import_rows where outcome is null"))
    both = await asyncio.gather(importing.go_on_with_imports(), importing.go_on_with_imports())

    assert n_killed == 6
    assert 0 < left <= 30
    assert sum(both) == left + 1  # and the finish
    assert [row["external_id"] for row in rows(LISTED)] == [f"N{n:02}" for n in range(30)]
    assert rows("select key, count(*) from outbox group by 1 having count(*) <> 1") == []
    assert len(rows("select 1 from price_history")) == 30
    assert rows("select outcome, count(*) as n from import_rows group by 1") == [
        {"outcome": "created", "n": 30}
    ]


async def test_a_row_that_fails_by_a_fault_of_ours_stops_no_other(
    selling, send, report, rows, monkeypatch
):
    seller = selling(3)
    add = CatalogueRepository.add

    async def break_at_b(self, values):
        if values["external_id"] == "B":
            await self.session.connection()
            raise KeyError("a bug, planted")
        return await add(self, values)

    monkeypatch.setattr(CatalogueRepository, "add", break_at_b)

    sent = await send(seller, "external_id,title,price_cents\nA,a,1\nB,b,1\nC,c,1")
    _, counts, wrong = await report(seller, sent.json()["import_id"])

    assert (counts["created"], counts["refused"]) == (2, 1)
    assert wrong[2][0][0] == "row"
    assert "fault of ours" in wrong[2][0][1]


async def test_an_import_is_its_sellers_and_stops_with_their_approval(
    selling, shopper, send, report, client, database
):
    ann, bob, ops = selling(3), selling(4), shopper(role="ops")
    sent = (await send(ann, "external_id,title,price_cents\nA,a,1")).json()
    database.exec_driver_sql("update sellers set status = 'suspended' where seller_id = 3")

    _, counts, wrong = await report(ops, sent["import_id"])
    others = [
        await client.get(f"{IMPORTS}/{sent['import_id']}{path}", headers=bob)
        for path in ("", "/rows")
    ]

    assert counts["refused"] == 1
    assert "not approved" in wrong[1][0][1]
    assert [answer.status_code for answer in others] == [404, 404]


async def test_what_cannot_be_an_import_is_refused_at_once(selling, shopper, send, rows):
    seller = selling(3)

    answers = [
        await send(seller, "external_id\n" + "x" * 5_000_000),
        await send(seller, "titel\nLamp"),
        await send(seller, "PK", "application/zip"),
        await send(shopper(), "external_id\nA"),
    ]

    assert [answer.status_code for answer in answers] == [413, 422, 415, 403]
    assert rows("select 1 from imports") == []
