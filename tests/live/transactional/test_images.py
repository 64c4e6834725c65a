"""Pictures of products, over HTTP and in their folder (transactional.catalogue.images)."""

import asyncio
import dataclasses
import datetime as dt
import io
from pathlib import Path

import pytest
from PIL import Image

from transactional.catalogue.images.store import ImageStore

pytestmark = pytest.mark.live

CATALOGUE = "/api/v1/catalogue"


def png(colour, size=(3, 2)):
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return content.getvalue()


@pytest.fixture(autouse=True)
def only_when_asked(monkeypatch):
    """The service's own clock would do what a test is about to count."""
    monkeypatch.setattr("transactional.equipment.DUTIES_SECONDS", 3600)


@pytest.fixture
def send(client):
    async def post(headers, content, product_id=1, alt=""):
        return await client.post(
            f"{CATALOGUE}/products/{product_id}/images",
            params={"alt": alt},
            content=content,
            headers={**headers, "Content-Type": "image/png"},
        )

    return post


@pytest.fixture
def stored(settings):
    """Names of the files in the folder of pictures."""
    folder = Path(settings.images_url)
    return lambda: sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
async def ops(shopper, stocked):
    """An operator's headers; there are products 1 and 2."""
    await stocked({1: 5, 2: 5})
    return shopper(role="ops")


@pytest.fixture
async def seller(selling, stocked):
    """The headers of the seller of product 1."""
    await stocked({1: 5}, seller_id=3)
    return selling(3)


async def test_a_sellers_image_is_shown_with_the_product_and_sent_to_be_cached(
    client, seller, send
):
    added = (await send(seller, png("red"), alt="a lamp")).json()

    [image] = added["images"]
    digest = image.pop("sha256")
    assert image == {"media_type": "image/png", "width": 3, "height": 2, "alt": "a lamp"}
    shown = (await client.get(f"{CATALOGUE}/products/1")).json()
    assert [each["sha256"] for each in shown["images"]] == [digest]
    sent = await client.get(f"{CATALOGUE}/images/{digest}")
    again = await client.get(
        f"{CATALOGUE}/images/{digest}", headers={"If-None-Match": sent.headers["ETag"]}
    )
    assert {name: sent.headers[name] for name in ("content-type", *SAFE)} == {
        "content-type": "image/png",
        **SAFE,
    }
    assert Image.open(io.BytesIO(sent.content)).getpixel((0, 0)) == (255, 0, 0)
    assert (again.status_code, again.content) == (304, b"")


SAFE = {
    "cache-control": "public, max-age=86400, immutable",
    "x-content-type-options": "nosniff",
    "content-disposition": "inline",
}


async def test_images_are_put_in_order_stored_once_and_swept_a_day_after_the_last_use(
    app, client, ops, send, stored, rows
):
    for colour in ("red", "green", "red"):  # the same bytes twice, and at once
        await send(ops, png(colour))
    await asyncio.gather(*(send(ops, png("red"), product_id=2) for _ in range(3)))
    red, green = (
        row["sha256"]
        for row in rows("select sha256 from product_images where product_id = 1 order by position")
    )
    pictures = app.state.pictures
    tomorrow = dataclasses.replace(pictures, now=lambda: pictures.now() + dt.timedelta(days=1.1))

    arranged = await client.put(
        f"{CATALOGUE}/products/1/images", json={"sha256": [green, red]}, headers=ops
    )
    incomplete = await client.put(
        f"{CATALOGUE}/products/1/images", json={"sha256": [green]}, headers=ops
    )
    deleted = await client.delete(f"{CATALOGUE}/products/1/images/{green}", headers=ops)
    deleted_again = await client.delete(f"{CATALOGUE}/products/1/images/{green}", headers=ops)
    n_swept = [await pictures.sweep_images(), await tomorrow.sweep_images()]

    assert [each["sha256"] for each in arranged.json()["images"]] == [green, red]
    assert incomplete.json()["type"] == "/problems/image-order"
    assert (deleted.status_code, deleted_again.status_code) == (204, 404)
    assert n_swept == [0, 1]
    assert stored() == [red]
    assert (await client.get(f"{CATALOGUE}/images/{green}")).status_code == 404
    assert (await client.get(f"{CATALOGUE}/images/{red}")).status_code == 200


async def test_what_cannot_be_a_products_image_is_refused_and_nothing_is_stored(
    seller, selling, shopper, send, stored, rows
):
    answers = [
        await send(seller, b"GIF89a" + b"x" * 40),
        await send(seller, png("red", (64, 64))[:-30]),
        await send(seller, png("red") + b"x" * 5_000_000),
        await send(selling(4), png("red")),
        await send(seller, png("red"), product_id=99),
        await send(shopper(), png("red")),
        await send({}, png("red")),
    ]

    assert [(answer.status_code, answer.json()["type"]) for answer in answers] == [
        (415, "/problems/image-type"),
        (422, "/problems/image"),
        (413, "/problems/content-too-large"),
        (404, "/problems/unknown-product"),
        (404, "/problems/unknown-product"),
        (403, "/problems/forbidden"),
        (401, "/problems/unauthorised"),
    ]
    assert stored() == []
    assert rows("select 1 from images") == []


async def test_who_finds_no_place_to_wait_is_told_at_once(app, ops, send):
    pictures = app.state.pictures
    async with pictures.one_at_a_time:
        waiting = [asyncio.create_task(send(ops, png("red"))) for _ in range(16)]
        while not pictures.places.locked():
            await asyncio.sleep(0.01)
        refused = await send(ops, png("red"))

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
    assert {(await each).status_code for each in waiting} == {201}


async def test_an_address_of_no_image_leads_nowhere(client):
    paths = ("../../etc/passwd", "%2e%2e%2fpasswd", "..%5c..", "A" * 64, "a" * 63, "a" * 64)

    answers = [await client.get(f"{CATALOGUE}/images/{path}") for path in paths]

    assert [answer.status_code for answer in answers] == [404, 404, 422, 422, 422, 404]


async def test_a_product_has_at_most_twenty_images(ops, send, database):
    database.exec_driver_sql("""
        insert into images select lpad(n::text, 64, '0'), 'image/png', 1, 1, now()
            from generate_series(1, 20) as n;
        insert into product_images
            select 1, lpad(n::text, 64, '0'), n, '' from generate_series(1, 20) as n;
    """)

    answer = await send(ops, png("red"))

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-images")


async def test_a_file_that_a_crash_cut_off_is_made_whole_when_it_is_sent_again(tmp_path):
    store = ImageStore.at(str(tmp_path))
    digest = "ab" * 32
    await store.write(digest, b"whole")
    (tmp_path / "ab" / digest).write_bytes(b"")

    await store.write(digest, b"whole")

    assert await store.read(digest) == b"whole"


async def test_any_filesystem_of_fsspec_holds_images():
    store = ImageStore.at("memory://images")

    await store.write("ab" * 32, b"one")
    held = await store.read("ab" * 32)
    await store.delete("ab" * 32)
    await store.delete("ab" * 32)

    assert (held, await store.read("ab" * 32)) == (b"one", None)


def test_a_url_that_no_installed_package_speaks_says_what_to_install():
    with pytest.raises(ValueError, match=r"s3://bucket/images.*s3fs.*Or give a folder"):
        ImageStore.at("s3://bucket/images")
