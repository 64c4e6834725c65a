"""What operators decide: each form does one thing, says so, and tells what refuses it."""

import json
import re

import pytest
from starlette.datastructures import FormData

from storefront.deps import Form
from storefront.desk.fields import FieldError, decimal, ids, moment
from tests.unit.storefront.desk.fake_desk import RUN_ID, purchase_order
from tests.unit.storefront.fake_apis import problem
from transactional.experiments.schemas import NewExperiment

ORDER = "/ops/purchases/5"
V3 = {"if-match": '"3"'}
V4 = {"if-match": '"4"'}
STEPS = [
    (
        ORDER, ORDER, {"step": "edit", "units-1": "12", "units-2": "0"},
        ("PATCH", "/stock/purchase-orders/5", {"lines": [
            {"line_number": 1, "quantity": 12}, {"line_number": 2, "quantity": 0}]}, V3),
        "quantities of order 5 are changed",
    ),
    (
        ORDER, ORDER, {"step": "approve"},
        ("POST", "/stock/purchase-orders/5/approve", None, V3), "Order 5 is approved",
    ),
    (
        ORDER, ORDER, {"step": "reject", "reason": "too dear"},
        ("POST", "/stock/purchase-orders/5/reject", {"reason": "too dear"}, V3), "Order 5 is rejected",
    ),
    (
        "/ops/transfers", "/ops/transfers/8", {"step": "reject", "reason": "no lorry"},
        ("POST", "/stock/transfer-drafts/8/reject", {"reason": "no lorry"}, {"if-match": '"1"'}),
        "Transfer 8 is rejected",
    ),
    (
        "/ops/stock/1", "/ops/stock/1/alert", {"days_of_cover": "7.5"},
        ("PUT", "/stock/1/alert", {"days_of_cover": 7.5}, {}), "Operators get a mail once product 1",
    ),
    (
        "/ops/stock/1", "/ops/stock/1/alert", {"days_of_cover": ""},
        ("DELETE", "/stock/1/alert", None, {}), "Nobody gets mails about product 1",
    ),
    (
        "/ops/stock/1", "/ops/stock/1/movements",
        {"warehouse_id": "2", "delta": "-3", "reason": "corrected"},
        ("POST", "/stock/movements",
         {"product_id": 1, "warehouse_id": 2, "delta": -3, "reason": "corrected"}, {}),
        "movement of product 1 is in the books",
    ),
    (
        "/ops/search-rules", "/ops/search-rules/2/end", {},
        ("DELETE", "/search-rules/2", None, {"if-match": '"2"'}), "Rule 2 is removed",
    ),
    (
        "/ops/experiments/popular-first", "/ops/experiments/popular-first",
        {"step": "stop_arm", "arm": "popular", "reason": "clicks fell"},
        ("POST", "/experiments/popular-first/arms/popular/stop", {"reason": "clicks fell"}, V4),
        "Arm popular is stopped",
    ),
    (
        "/ops/experiments/popular-first", "/ops/experiments/popular-first",
        {"step": "stop", "arm": "", "reason": "over"},
        ("POST", "/experiments/popular-first/stop", {"reason": "over"}, V4),
        "popular-first is stopped",
    ),
    (
        "/ops/models/recommender/promote/3", "/ops/models/recommender/promote/3",
        {"reason": "better"},
        ("POST", "/operations/models/recommender/promote",
         {"version": "3", "reason": "better", "champion": "2"}, {}),
        "Version 3 is the champion",
    ),
    (
        "/ops/models/recommender/roll-back", "/ops/models/recommender/roll-back",
        {"reason": "worse"},
        ("POST", "/operations/models/recommender/roll-back", {"reason": "worse", "champion": "2"}, {}),
        "Version 1 is the champion again",
    ),
    (
        "/ops/runs/ingest", "/ops/runs/ingest", {"to": "2026-03-09", "features_every": "2"},
        ("POST", "/operations/dags/ingest/runs",
         {"parameters": {"to": "2026-03-09", "features_every": 2}}, {}),
        "A run of ingest is started",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("page", "action", "typed", "sent", "words"), STEPS, ids=[each[4] for each in STEPS]
)
async def test_each_form_does_one_thing_and_says_so(desk, fake, page, action, typed, sent, words):
    done = await desk.send(await desk.open(page), action, **typed)

    assert done.status == 200
    assert words in done.text
    assert fake.sent == [sent]


@pytest.mark.parametrize(
    ("page", "action", "typed", "sent", "words"), STEPS, ids=[each[4] for each in STEPS]
)
async def test_each_refusal_is_told_on_the_page(desk, fake, page, action, typed, sent, words):
    fake.answers[sent[:2]] = problem("stale-version", 412)

    told = await desk.send(await desk.open(page), action, **typed)

    assert told.status == 409
    assert "Somebody else has changed this meanwhile" in told.text
    assert words not in told.text


@pytest.mark.parametrize(
    ("page", "action", "typed", "sent", "words"), STEPS, ids=[each[4] for each in STEPS]
)
async def test_where_no_answer_comes_it_is_not_said_that_nothing_was_done(
    desk, fake, page, action, typed, sent, words
):
    fake.answers[sent[:2]] = problem("unavailable", 503)

    told = await desk.send(await desk.open(page), action, **typed)

    assert "it is not known whether it was done" in told.text
    assert words not in told.text


@pytest.mark.parametrize(
    ("action", "typed"),
    [
        ("/ops/stock/1/alert", {"days_of_cover": "nan"}),
        ("/ops/stock/1/movements", {"delta": "some", "reason": "received"}),
    ],
)
async def test_what_is_no_number_is_not_sent(desk, fake, action, typed):
    told = await desk.send(await desk.open("/ops/stock/1"), action, **typed)

    assert "Write a number" in told.text
    assert fake.sent == []


async def test_other_units_are_moved_than_proposed_where_others_were_typed(desk, fake):
    page = await desk.open("/ops/transfers")

    done = await desk.send(page, "/ops/transfers/8", step="approve", units=4)

    assert "units of transfer 8 are moved" in done.text
    path = "/stock/transfer-drafts/8"
    assert fake.sent == [
        ("PATCH", path, {"quantity": 4}, {"if-match": '"1"'}),
        ("POST", f"{path}/approve", None, {"if-match": '"2"'}),
    ]


async def test_a_delivery_may_be_all_of_an_order_or_some_of_it(desk, fake):
    fake.order = purchase_order(status="open")
    page = await desk.open(ORDER)

    done = await desk.send(
        page, f"{ORDER}/receipts", **{"units-1": "3", "units-2": "0"}, delivery_note=" L 17 "
    )

    assert "What came of order 5 is in stock" in done.text
    body = {"delivery_note": "L 17", "lines": [{"line_number": 1, "quantity": 3}]}
    assert fake.sent == [("POST", "/stock/purchase-orders/5/receipts", body, {})]


async def test_what_is_still_expected_is_what_is_offered_to_be_taken_in(desk, fake):
    fake.order = purchase_order(status="open")
    first, second = fake.order["lines"]
    fake.order["lines"] = [
        {**first, "n_received": first["n_ordered"] - 2},
        {**second, "n_received": second["n_ordered"]},
    ]

    fields = dict((await desk.open(ORDER)).form(f"{ORDER}/receipts").fields)

    assert {name: value for name, value in fields.items() if name.startswith("units")} == {
        "units-1": "2"
    }


@pytest.mark.parametrize(
    ("refusal", "field"),
    [
        (problem("receipt-not-possible", 409, detail="too many", line_number=1, n_left=2), "units-1"),
        (problem("invalid-request", 422, errors=[
            {"field": "body.lines.0.quantity", "detail": "too many"}]), "units-2"),
        (problem("invalid-request", 422, errors=[
            {"field": "body.delivery_note", "detail": "too many"}]), "delivery_note"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_delivery_is_said_beside_its_field(desk, fake, refusal, field):
    fake.order = purchase_order(status="open")
    fake.answers["POST", "/stock/purchase-orders/5/receipts"] = refusal
    page = await desk.open(ORDER)

    told = await desk.send(
        page, f"{ORDER}/receipts", **{"units-1": "", "units-2": "4"}, delivery_note="L 17"
    )

    assert told.status == 409
    assert f'id="w-{field}">too many' in told.html
    assert 'value="L 17"' in told.html


@pytest.mark.parametrize(
    ("typed", "words"),
    [({"units-1": "0", "units-2": ""}, "Write how many units came"), ({"units-1": "all"}, "could not be read")],
)  # fmt: skip
async def test_a_delivery_of_nothing_or_of_no_number_is_not_sent(desk, fake, typed, words):
    fake.order = purchase_order(status="open")

    told = await desk.send(await desk.open(ORDER), f"{ORDER}/receipts", **typed, delivery_note="L")

    assert words in told.text
    assert fake.sent == []


async def test_a_promotion_is_made_of_what_its_kind_has(desk, fake):
    page = await desk.open("/ops/promotions")

    done = await desk.send(
        page, "/ops/promotions", label="Summer", kind="percentage", percent="12,5", amount="3",
        minimum_spend="50", category_ids="4, 5", ends_at="2026-04-01T00:00",
    )  # fmt: skip

    [(_, _, body, _)] = fake.sent
    assert "Promotion 3 is made" in done.text
    assert (body["percent_basis_points"], body["minimum_spend_cents"]) == (1250, 5000)
    assert body["category_ids"] == [4, 5]
    assert body["ends_at"] == "2026-04-01T00:00:00Z"
    assert "amount_cents" not in body


async def test_a_promotion_ends_at_once(desk, fake):
    done = await desk.send(await desk.open("/ops/promotions"), "/ops/promotions/2/end")

    assert "Promotion 2 has ended" in done.text
    [(method, path, body, _)] = fake.sent
    assert (method, path, set(body)) == ("PATCH", "/promotions/2", {"ends_at"})


async def test_a_field_that_cannot_be_read_is_named_and_what_was_typed_stays(desk, fake):
    page = await desk.open("/ops/promotions")

    told = await desk.send(
        page, "/ops/promotions", label="Summer", kind="amount", amount="a lot", max_uses="3"
    )

    assert told.status == 409
    assert "“Amount (of an amount)” could not be read" in told.text
    assert 'value="a lot"' in told.html
    assert fake.sent == []


async def test_a_rule_is_made_of_what_was_filled_in_once(desk, fake):
    page = await desk.open("/ops/search-rules")
    assert "key" in dict(page.form("/ops/search-rules").fields)

    done = await desk.send(
        page,
        "/ops/search-rules",
        kind="pin",
        queries="lamp\n\nred lamp",
        product_id="4",
        position="1",
    )

    assert "Rule 3 is made" in done.text
    [(_, _, body, _)] = fake.sent
    assert body == {"kind": "pin", "queries": ["lamp", "red lamp"], "product_id": 4, "position": 1}
    sent = fake.headers[[each[:2] for each in fake.asked].index(("POST", "/search-rules"))]
    assert len(sent["idempotency-key"]) > 20


async def test_what_the_api_finds_wrong_is_told_field_by_field(desk, fake):
    errors = [{"field": "body.factor", "detail": "should be at most 10"}]
    fake.answers["POST", "/search-rules"] = problem("invalid-request", 422, errors=errors)
    page = await desk.open("/ops/search-rules")

    told = await desk.send(page, "/ops/search-rules", kind="weigh", factor="99")

    assert "factor: should be at most 10" in told.text
    assert 'value="99"' in told.html


ARMS = {
    "arm-1": "control",
    "share-1": "50",
    "arm-2": "",
    "share-2": "",
    "arm-4": "popular",
    "share-4": "50",
}
EXPERIMENT = {**ARMS, "name": "popular-first", "surfaces": "for_you", "personal-4": "no"}


async def test_an_experiment_is_made_of_the_rows_that_were_filled_in(desk, fake):
    page = await desk.open("/ops/experiments")
    guard = {"guard-conversion_ratio": "fall", "worst-conversion_ratio": "2,5"}

    done = await desk.send(
        page, "/ops/experiments", **EXPERIMENT, **guard, slots="home_for_you, cart_beside",
        **{"model-4": "popular"}, ends_at="2026-05-01T00:00",
    )  # fmt: skip

    [(method, path, body, _)] = fake.sent
    design = body["design"]
    as_now = {"model": None, "search_order": None, "personal": None}
    assert "popular-first is made, as a draft" in done.text
    assert (method, path, body["traffic_basis_points"]) == ("POST", "/experiments", 10_000)
    assert (design["surfaces"], design["slots"]) == (["for_you"], ["home_for_you", "cart_beside"])
    assert design["arms"] == [
        {"name": "control", "share_basis_points": 5000, **as_now},
        {"name": "popular", "share_basis_points": 5000, **as_now, "model": "popular", "personal": False},
    ]  # fmt: skip
    assert design["guardrails"] == [
        {"metric": "conversion_ratio", "direction": "fall", "worst_ratio": 0.025}
    ]
    assert body["ends_at"] == "2026-05-01T00:00:00Z"
    NewExperiment.model_validate_json(json.dumps(body))  # as the API reads it


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("body.name", "name"),
        ("body.traffic_basis_points", "traffic"),
        ("body.design.surfaces", "surfaces"),
        ("body.design.slots.1", "slots"),
        ("body.design.arms.1.name", "arm-4"),
        ("body.design.arms.1.share_basis_points", "share-4"),
        ("body.design.arms.0.model", "model-1"),
        ("body.design.arms", "design"),
        ("body.design", "design"),
        ("body.design.guardrails.0.worst_ratio", "worst-ctr"),
        ("body.design.n_planned", "n_planned"),
    ],
)
async def test_what_the_api_finds_wrong_with_an_experiment_is_said_beside_its_field(
    desk, fake, path, field
):
    errors = [{"field": path, "detail": "is not <right>"}]
    fake.answers["POST", "/experiments"] = problem("invalid-request", 422, errors=errors)
    page = await desk.open("/ops/experiments")

    told = await desk.send(page, "/ops/experiments", **EXPERIMENT, **{"guard-ctr": "fall"})

    assert told.status == 409
    assert "said beside the fields" in told.text
    said = re.search(rf'id="w-{field}">(.*?)<', told.html)
    assert said[1] == "is not &lt;right&gt;"
    assert f'aria-describedby="w-{field}"' in told.html
    assert 'value="popular-first"' in told.html


async def test_a_name_that_was_given_before_is_said_beside_the_name(desk, fake):
    answer = problem("experiment-exists", 409, detail="There is an experiment popular-first.")
    fake.answers["POST", "/experiments"] = answer

    told = await desk.send(await desk.open("/ops/experiments"), "/ops/experiments", **EXPERIMENT)

    assert re.search(r'id="w-name">There is an experiment', told.html)


async def test_a_share_that_cannot_be_read_is_said_beside_it_and_nothing_is_sent(desk, fake):
    page = await desk.open("/ops/experiments")

    told = await desk.send(page, "/ops/experiments", **{**EXPERIMENT, "share-1": "half"})

    assert re.search(r'id="w-share-1">This could not be read', told.html)
    assert fake.sent == []


async def test_a_problem_without_words_of_the_shop_is_told_in_the_apis(desk, fake):
    detail = "The champion of recommender is version 9 by now. Look, and decide again."
    answer = problem("champion-changed", 409, detail=detail)
    fake.answers["POST", "/operations/models/recommender/promote"] = answer
    page = await desk.open("/ops/models/recommender/promote/3")

    told = await desk.send(page, "/ops/models/recommender/promote/3", reason="x")

    assert "version 9 by now" in told.text


async def test_a_run_that_airflow_refuses_keeps_what_was_typed(desk, fake):
    answer = problem("run-refused", 422, detail="Airflow refuses: not a date")
    fake.answers["POST", "/operations/dags/ingest/runs"] = answer

    told = await desk.send(await desk.open("/ops/runs/ingest"), "/ops/runs/ingest", to="2026-13-01")

    assert "not a date" in told.text
    assert 'value="2026-13-01"' in told.html


async def test_a_started_run_leads_to_its_page(desk):
    page = await desk.send(await desk.open("/ops/runs/ingest"), "/ops/runs/ingest")

    assert page.path.startswith("/ops/runs/ingest/manual__2026-03-10T10%3A00%3A00%2B00%3A00?done=")
    assert RUN_ID in page.text


@pytest.mark.parametrize(
    ("page", "action"),
    [
        (ORDER, ORDER),
        ("/ops/transfers", "/ops/transfers/8"),
        ("/ops/experiments/popular-first", "/ops/experiments/popular-first"),
    ],
)
async def test_a_step_that_is_none_is_refused(desk, fake, page, action):
    told = await desk.send(await desk.open(page), action, step="burn")

    assert told.status == 422
    assert fake.sent == []


async def test_a_session_that_ended_asks_to_log_in(desk, fake):
    page = await desk.open(ORDER)
    fake.answers["POST", "/stock/purchase-orders/5/approve"] = problem("unauthorised", 401)

    told = await desk.send(page, ORDER, step="approve")

    assert told.path.startswith("/login")


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (decimal, "1.5", 1.5), (decimal, "0,5", 0.5), (decimal, "", None),
        (moment, "2026-03-01T10:00", "2026-03-01T10:00:00Z"), (moment, "", None),
        (ids, "1, 2;3 4", [1, 2, 3, 4]), (ids, "", []),
    ],
)  # fmt: skip
def test_fields_are_read_as_the_apis_take_them(read, text, value):
    assert read(Form(FormData({"f": text})), "f") == value


@pytest.mark.parametrize(
    ("read", "text"),
    [(decimal, "1.5.1"), (decimal, "-1"), (decimal, "inf"), (moment, "tomorrow"), (ids, "1, two")],
)
def test_what_cannot_be_read_is_a_field_error(read, text):
    with pytest.raises(FieldError):
        read(Form(FormData({"f": text})), "f")
