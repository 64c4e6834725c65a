"""What customers say of what they bought (transactional.reviews)."""

import asyncio

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from features.schemas.logs import Review
from tests.live.transactional.conftest import client_of, running
from tests.live.transactional.ordering import place
from transactional.reviews.repository import ReviewRepository
from transactional.tokens import Caller

pytestmark = pytest.mark.live

REVIEWS = "/api/v1/reviews"
LAMP = 7
GOOD = {"rating": 4, "title": "Bright", "body": "Lights the whole room."}
ORDER = """
insert into orders (order_id, customer_id, status, items_cents, total_cents, currency, placed_at)
    values (:order_id, :customer_id, :status, 100, 100, 'EUR', now());
insert into order_lines (order_id, line_number, product_id, title, quantity, unit_price_cents)
    values (:order_id, 1, :product_id, 'Lamp', 1, 100)
"""
RATING_DIFFERS = """
select coalesce(r.product_id, c.product_id), r.n_reviews, c.n_reviews
from product_ratings as r full join (
    select product_id, count(*) as n_reviews, count(*) filter (where rating = 1) as n_1,
           count(*) filter (where rating = 2) as n_2, count(*) filter (where rating = 3) as n_3,
           count(*) filter (where rating = 4) as n_4, count(*) filter (where rating = 5) as n_5
    from reviews where status = 'published' group by product_id) as c using (product_id)
where (coalesce(r.n_reviews, 0), coalesce(r.n_1, 0), coalesce(r.n_2, 0), coalesce(r.n_3, 0),
       coalesce(r.n_4, 0), coalesce(r.n_5, 0))
   <> (coalesce(c.n_reviews, 0), coalesce(c.n_1, 0), coalesce(c.n_2, 0), coalesce(c.n_3, 0),
       coalesce(c.n_4, 0), coalesce(c.n_5, 0))
"""
LAST_TOLD_DIFFERS = """
select review_id from (
    select distinct on (body->>'review_id') (body->>'review_id')::bigint as review_id,
           body->>'status' as status, (body->>'rating')::integer as rating
    from outbox where topic = 'reviews' order by body->>'review_id', position desc
) as told full join reviews using (review_id)
where coalesce(reviews.status, 'deleted') is distinct from told.status
   or coalesce(reviews.rating, told.rating) is distinct from told.rating
"""


def customer_of(app, headers):
    return app.state.tokens.read(headers["Authorization"][7:]).caller.customer_id


@pytest.fixture
def ordered(app, database):
    """An order as it stands in the database: `ordered(ann, 1)` was delivered to Ann."""

    def make(headers, order_id, status="delivered", product_id=LAMP):
        values = {
            "order_id": order_id,
            "customer_id": customer_of(app, headers),
            "status": status,
            "product_id": product_id,
        }
        for statement in ORDER.split(";"):
            database.execute(sa.text(statement), values)
        return order_id

    return make


@pytest.fixture
def ann(shopper):
    return shopper()


@pytest.fixture
def bob(shopper):
    return shopper()


@pytest.fixture
def ops(shopper):
    return shopper(role="ops")


@pytest.fixture
def write(client):
    """Write a review of the first line of an order."""

    async def post(headers, order_id, line_number=1, **fields):
        body = {"order_id": order_id, "line_number": line_number, **GOOD, **fields}
        return await client.post(REVIEWS, json=body, headers=headers)

    return post


@pytest.fixture
async def anns(ann, ordered, write):
    """The id of Ann's review of order 1."""
    return (await write(ann, ordered(ann, 1))).json()["review_id"]


@pytest.fixture
def erase(client):
    async def delete(headers, review_id):
        return await client.delete(f"{REVIEWS}/{review_id}", headers=headers)

    return delete


@pytest.fixture
def own(client):
    """A customer's own reviews, one page of them."""

    async def read(headers, **params):
        return (await client.get(f"{REVIEWS}/mine", params=params, headers=headers)).json()

    return read


@pytest.fixture
def waiting(client, ops):
    """The reported reviews, one page of them, as an operator reads them."""

    async def read(**params):
        return (await client.get(f"{REVIEWS}/reported", params=params, headers=ops)).json()

    return read


@pytest.fixture
def edit(client):
    async def patch(headers, review_id, version=1, **fields):
        headers = {**headers, "If-Match": f'"{version}"'}
        return await client.patch(f"{REVIEWS}/{review_id}", json=fields, headers=headers)

    return patch


@pytest.fixture
def moderate(client, ops):
    async def post(review_id, decision):
        body = {"decision": decision, "note": f"to {decision} it is right"}
        return await client.post(f"{REVIEWS}/{review_id}/moderation", json=body, headers=ops)

    return post


@pytest.fixture
def report(client):
    async def post(headers, review_id, reason="spam"):
        path = f"{REVIEWS}/{review_id}/reports"
        return await client.post(path, json={"reason": reason}, headers=headers)

    return post


@pytest.fixture
def rating(client):
    """Number and mean of a product's reviews, as everybody reads them."""

    async def read(product_id=LAMP):
        answer = await client.get(f"{REVIEWS}/summary", params={"product_ids": product_id})
        [summary] = answer.json()["products"]
        return summary["n_reviews"], summary["mean_rating"]

    return read


@pytest.fixture
def public(client):
    """What everybody reads of a product, page after page."""

    async def read(limit=100, **query):
        found, cursor = [], None
        while True:
            params = {"product_id": LAMP, "limit": limit, **query}
            answer = await client.get(
                REVIEWS, params=params | ({"cursor": cursor} if cursor else {})
            )
            page = answer.json()
            found += page["reviews"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    return read


async def test_who_got_it_may_review_it_and_everybody_reads_that(
    ann, ordered, write, public, rating
):
    written = await write(ann, ordered(ann, 1))

    review = written.json()
    assert written.status_code == 201
    assert (review["status"], review["version"], review["product_id"]) == ("published", 1, LAMP)
    [seen] = await public()
    assert seen == {
        "review_id": review["review_id"],
        "product_id": LAMP,
        **GOOD,
        "author": "Verified purchaser",
        "written_at": review["written_at"],
        "edited_at": None,
    }
    assert await rating() == (1, 4.0)


async def test_an_order_is_reviewed_from_delivery_until_all_of_a_line_is_back(
    client, stocked, ann, ops, write
):
    await stocked({1: 5, 2: 5})
    order_id = (await place(client, ann, {1: 1, 2: 2})).json()["order_id"]
    desk = f"/api/v1/fulfilment/orders/{order_id}"
    steps = [
        ("pack", None),
        ("shipments/1/ship", {"carrier": "Post", "tracking": "P1"}),
    ]
    for path, body in steps:
        assert (await write(ann, order_id)).json()["type"] == "/problems/not-reviewable"
        await client.post(f"{desk}/{path}", json=body, headers=ops)
    assert (await write(ann, order_id)).json()["type"] == "/problems/not-reviewable"
    await client.post(f"{desk}/shipments/1/deliver", headers=ops)
    back = [{"line_number": 1, "quantity": 1}, {"line_number": 2, "quantity": 1}]
    asked = {"lines": back, "reason": "broken"}
    await client.post(f"/api/v1/orders/{order_id}/returns", json=asked, headers=ann)
    await client.post(f"{desk}/returns/1/receive", json={"restock": True}, headers=ops)

    all_back, one_left = await write(ann, order_id, 1), await write(ann, order_id, 2)

    assert (all_back.status_code, all_back.json()["type"]) == (409, "/problems/not-reviewable")
    assert one_left.status_code == 201


async def test_what_did_not_come_or_did_not_stay_is_not_reviewed(ann, ordered, write):
    statuses = ["confirmed", "shipped", "cancelled", "returned", "refunded"]

    answers = [await write(ann, ordered(ann, n, status)) for n, status in enumerate(statuses, 1)]

    types = [answer.json()["type"] for answer in answers]
    assert types == ["/problems/not-reviewable"] * 5


async def test_somebody_elses_unknown_and_missing_lines_are_not_found(ann, bob, ordered, write):
    anns = ordered(ann, 1)

    answers = [await write(bob, anns), await write(bob, 404), await write(ann, anns, line_number=2)]

    assert [(answer.status_code, answer.json()["type"]) for answer in answers] == [
        (404, "/problems/unknown-order"),
        (404, "/problems/unknown-order"),
        (404, "/problems/unknown-order-line"),
    ]


async def test_a_line_has_one_review_however_often_it_is_sent(ann, ordered, write, rating):
    order_id = ordered(ann, 1)

    answers = await asyncio.gather(*(write(ann, order_id, rating=n % 5 + 1) for n in range(8)))

    created = [answer.json() for answer in answers if answer.status_code == 201]
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert (len(created), len(refused)) == (1, 7)
    assert {problem["type"] for problem in refused} == {"/problems/already-reviewed"}
    assert {problem["review_id"] for problem in refused} == {created[0]["review_id"]}
    assert await rating() == (1, created[0]["rating"])


async def test_what_cannot_be_a_review_is_refused(ann, write):
    wrong = [
        {"rating": 0},
        {"rating": 6},
        {"title": ""},
        {"title": "x" * 121},
        {"body": "x" * 5001},
        {"body": "a\x00b"},
        {"author": "Ann"},
    ]

    answers = [await write(ann, 1, **fields) for fields in wrong]

    assert [answer.status_code for answer in answers] == [422] * 7


async def test_an_edit_counts_anew_and_keeps_what_was_said(ann, anns, edit, rating, rows, public):
    edited = await edit(ann, anns, rating=2, body="It broke.")

    assert (edited.status_code, edited.json()["version"]) == (200, 2)
    assert await rating() == (1, 2.0)
    [seen] = await public()
    assert (seen["title"], seen["body"]) == ("Bright", "It broke.")
    assert seen["edited_at"] is not None
    assert rows("select version, rating, title, body from review_history") == [
        {"version": 1, **GOOD}
    ]


async def test_an_edit_of_what_was_changed_meanwhile_is_refused(ann, anns, edit, rating):
    answers = await asyncio.gather(*(edit(ann, anns, rating=n) for n in (1, 2, 3)))

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    assert await rating() == (1, won["rating"])


async def test_what_is_erased_is_gone_with_its_earlier_texts(ann, anns, edit, erase, rating, rows):
    await edit(ann, anns, body="Said too much.")

    erased, again = await erase(ann, anns), await erase(ann, anns)

    assert (erased.status_code, again.status_code) == (204, 404)
    assert rows("select 1 from reviews") == rows("select 1 from review_history") == []
    assert await rating() == (0, None)


async def test_what_is_erased_may_be_written_anew(ann, anns, erase, write):
    await erase(ann, anns)

    assert (await write(ann, 1)).status_code == 201


async def test_nobody_changes_or_deletes_somebody_elses(bob, anns, edit, erase):
    answers = [
        await edit(bob, anns, rating=1),
        await erase(bob, anns),
        await edit(bob, 404, rating=1),
    ]

    assert {(answer.status_code, answer.json()["type"]) for answer in answers} == {
        (404, "/problems/unknown-review")
    }


async def test_a_hidden_review_is_gone_for_everybody_but_its_author(
    ann, anns, own, moderate, public, rating
):
    await moderate(anns, "hide")

    assert (await public(), await rating()) == ([], (0, None))
    [seen] = (await own(ann))["reviews"]
    assert (seen["status"], seen["note"]) == ("hidden", "to hide it is right")
    assert seen["body"] == GOOD["body"]

    await moderate(anns, "keep")

    assert (len(await public()), await rating()) == (1, (1, 4.0))


async def test_an_edited_review_that_is_hidden_stays_hidden(ann, anns, edit, moderate, public):
    await moderate(anns, "hide")

    edited = await edit(ann, anns, version=2, body="The same again.")

    assert edited.json()["status"] == "hidden"
    assert await public() == []


async def test_a_hidden_review_that_is_erased_cannot_be_written_anew(
    ann, anns, erase, write, moderate, rows
):
    await moderate(anns, "hide")

    erased, anew = await erase(ann, anns), await write(ann, 1)

    assert (erased.status_code, anew.status_code) == (204, 409)
    assert rows("select title, body from reviews") == [{"title": "", "body": ""}]
    assert (await moderate(anns, "keep")).status_code == 404


async def test_a_customer_reports_a_review_once_and_not_their_own(ann, bob, anns, report):
    answers = [
        await report(bob, anns),
        await report(bob, anns),
        await report(ann, anns),
        await report(ann, 404),
    ]

    assert answers[0].status_code == 204
    assert [answer.json()["type"] for answer in answers[1:]] == [
        "/problems/already-reported",
        "/problems/own-review",
        "/problems/unknown-review",
    ]


async def test_a_reported_review_waits_until_an_operator_decides(
    bob, shopper, anns, report, waiting, moderate
):
    await report(bob, anns, "an advert")
    await report(shopper(), anns, "rude")

    [seen] = (await waiting())["reviews"]

    assert (seen["review_id"], seen["n_open_reports"]) == (anns, 2)
    assert seen["reasons"] == ["rude", "an advert"]
    await moderate(anns, "keep")
    assert (await waiting())["reviews"] == []


async def test_reported_reviews_come_page_by_page_the_longest_waiting_first(
    ann, bob, ordered, write, report, waiting
):
    ids = [(await write(ann, ordered(ann, n))).json()["review_id"] for n in (1, 2, 3)]
    for review_id in (ids[1], ids[2], ids[0]):
        await report(bob, review_id)

    first = await waiting(limit=2)
    second = await waiting(limit=2, cursor=first["next_cursor"])

    assert ids_of(first["reviews"]) == [ids[1], ids[2]]
    assert ids_of(second["reviews"]) == [ids[0]]
    assert second["next_cursor"] is None


async def test_reviews_come_in_order_page_by_page(ann, ordered, write, public):
    for order_id, stars in enumerate((3, 5, 3, 1, 5, 4), start=1):
        await write(ann, ordered(ann, order_id), rating=stars)
    expected = {
        (("order", "newest"),): [6, 5, 4, 3, 2, 1],
        (("order", "highest"),): [5, 2, 6, 3, 1, 4],
        (("order", "lowest"),): [4, 3, 1, 6, 5, 2],
        (("rating", 3),): [3, 1],
        (("rating", 2),): [],
        (("product_id", 8),): [],
    }

    for limit in (2, 100):
        found = {query: await public(limit=limit, **dict(query)) for query in expected}
        assert {query: ids_of(reviews) for query, reviews in found.items()} == expected


def ids_of(reviews):
    return [review["review_id"] for review in reviews]


async def test_a_cursor_of_another_order_is_refused(client, ann, ordered, write):
    for order_id in (1, 2):
        await write(ann, ordered(ann, order_id))
    page = (await client.get(f"{REVIEWS}?product_id={LAMP}&limit=1")).json()

    params = {"product_id": LAMP, "order": "highest", "cursor": page["next_cursor"]}
    answer = await client.get(REVIEWS, params=params)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-cursor")


async def test_own_reviews_come_page_by_page(ann, bob, ordered, write, own):
    for order_id in (1, 2, 3):
        await write(ann, ordered(ann, order_id))
    await write(bob, ordered(bob, 4))

    first = await own(ann, limit=2)
    second = await own(ann, limit=2, cursor=first["next_cursor"])

    assert [each["order_id"] for each in first["reviews"]] == [3, 2]
    assert [each["order_id"] for each in second["reviews"]] == [1]
    assert second["next_cursor"] is None


async def test_many_products_are_summed_up_at_once_known_or_not(client, ann, ordered, write):
    for order_id, stars in enumerate((5, 4, 4), start=1):
        await write(ann, ordered(ann, order_id), rating=stars)

    answer = await client.get(f"{REVIEWS}/summary?product_ids=404,{LAMP}")

    assert answer.json()["products"] == [
        {"product_id": 404, "n_reviews": 0, "n_by_stars": [0, 0, 0, 0, 0], "mean_rating": None},
        {"product_id": LAMP, "n_reviews": 3, "n_by_stars": [0, 0, 0, 2, 1], "mean_rating": 4.33},
    ]


async def test_a_summary_of_nothing_that_could_be_a_product_is_refused(client):
    for product_ids in ("", "x", "1,", "0", "1,-2", ",".join(["1"] * 101)):
        answer = await client.get(f"{REVIEWS}/summary", params={"product_ids": product_ids})
        assert answer.status_code == 422


async def test_the_log_tells_every_change_without_text_and_customer(
    ann, anns, edit, erase, moderate, rows
):
    await edit(ann, anns, rating=1)
    await moderate(anns, "hide")
    await moderate(anns, "keep")
    await erase(ann, anns)

    told = rows("select event_id, key, body from outbox where topic = 'reviews' order by position")

    assert [(each["body"]["rating"], each["body"]["status"]) for each in told] == [
        (4, "published"),
        (1, "published"),
        (1, "hidden"),
        (1, "published"),
        (1, "deleted"),
    ]
    assert {each["key"] for each in told} == {str(LAMP)}
    assert all(each["body"]["event_id"] == each["event_id"] for each in told)
    logged = [Review(**each["body"], date=each["body"]["recorded_at"][:10]) for each in told]
    assert {row.product_id for row in logged} == {LAMP}


async def test_fifty_who_review_at_once_are_all_counted(shopper, ordered, write, rating, rows):
    buyers = [shopper() for _ in range(50)]
    for order_id, buyer in enumerate(buyers, start=1):
        ordered(buyer, order_id)

    answers = await asyncio.gather(
        *(write(buyer, n, rating=n % 5 + 1) for n, buyer in enumerate(buyers, start=1))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert await rating() == (50, 3.0)
    assert rows(RATING_DIFFERS) == rows(LAST_TOLD_DIFFERS) == []


# One order for each of three customers; the ids of reviews are whatever the database gives.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("write", "edit", "erase", "hide", "keep", "report")),
        st.integers(1, 3),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=25,
)


class Desk:
    """Does steps to a shop's reviews; ops is customer 4."""

    def __init__(self, app, client):
        self.app, self.client = app, client
        self.reviews = {}

    async def do(self, step, customer_id, stars):
        review = self.reviews.get(customer_id, {"review_id": 404, "version": 1})
        path = f"{REVIEWS}/{review['review_id']}"
        note = {"decision": step, "note": "so be it"}
        method, path, by, body = {
            "write": ("POST", REVIEWS, customer_id, GOOD | {"rating": stars}),
            "edit": ("PATCH", path, customer_id, {"rating": stars}),
            "erase": ("DELETE", path, customer_id, None),
            "hide": ("POST", f"{path}/moderation", 4, note),
            "keep": ("POST", f"{path}/moderation", 4, note),
            "report": ("POST", f"{path}/reports", customer_id % 3 + 1, {"reason": "spam"}),
        }[step]
        if step == "write":
            body |= {"order_id": customer_id, "line_number": 1}
        token = self.app.state.tokens.issue(Caller(by, "ops" if by == 4 else "shopper"))
        headers = {"Authorization": f"Bearer {token}", "If-Match": f'"{review["version"]}"'}
        answer = await self.client.request(method, path, json=body, headers=headers)
        assert answer.status_code < 500
        await self.read(customer_id)
        return answer.status_code

    async def read(self, customer_id):
        token = self.app.state.tokens.issue(Caller(customer_id, "shopper"))
        headers = {"Authorization": f"Bearer {token}"}
        found = (await self.client.get(f"{REVIEWS}/mine", headers=headers)).json()["reviews"]
        self.reviews.pop(customer_id, None)
        if found:
            self.reviews[customer_id] = found[0]


@pytest.fixture
def any_order(settings, database, rows, make_bank):
    """Do steps in a fresh shop; return after each what does not hold, and the statuses answered."""
    runner = asyncio.Runner()
    context = running(settings, make_bank()[1])
    app = runner.run(context.__aenter__())
    client = client_of(app)
    for customer_id in (1, 2, 3):
        values = {"customer_id": customer_id, "order_id": customer_id}
        for statement in ORDER.split(";"):
            database.execute(
                sa.text(statement), {**values, "product_id": LAMP, "status": "delivered"}
            )

    def do(steps):
        for table in ("reviews", "review_history", "review_reports", "product_ratings", "outbox"):
            database.exec_driver_sql(f"delete from {table}")
        desk = Desk(app, client)
        for step in steps:
            runner.run(desk.do(*step))
            yield rows(RATING_DIFFERS), rows(LAST_TOLD_DIFFERS)

    yield do
    runner.run(client.aclose())
    runner.run(context.__aexit__(None, None, None))
    runner.close()


def holds_after_every_step(any_order, n_examples, **options):
    @budget(
        max_examples=n_examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        **options,
    )
    @given(STEPS)
    def check(steps):
        for rating_differs, last_told_differs in any_order(steps):
            assert rating_differs == []
            assert last_told_differs == []

    check()


def test_ratings_are_a_recount_and_the_log_agrees_after_any_steps(any_order):
    holds_after_every_step(any_order, n_examples=8)


@pytest.mark.long
def test_ratings_are_a_recount_and_the_log_agrees_after_many_steps(any_order):
    holds_after_every_step(any_order, n_examples=300)


@pytest.mark.long
def test_a_rating_that_forgets_a_review_is_caught(any_order, monkeypatch):
    count = ReviewRepository.count

    async def never_down(self, product_id, deltas):
        await count(self, product_id, [max(delta, 0) for delta in deltas])

    monkeypatch.setattr(ReviewRepository, "count", never_down)

    with pytest.raises((AssertionError, ExceptionGroup)):
        holds_after_every_step(any_order, n_examples=30, phases=[Phase.generate])
