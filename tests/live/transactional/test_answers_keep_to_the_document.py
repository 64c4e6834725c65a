"""Whatever is sent to whichever operation, the answer is one that the OpenAPI document tells of.

schemathesis makes the requests: boundaries of every field, valid and invalid data, ids that it met in
earlier answers, chains of operations. The shop answers over HTTP, to customers, sellers, operators
and strangers in turn. Some in `make test`, 20,000 and more in `make test-long`.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel
from schemathesis import Config, GenerationMode, openapi
from schemathesis.engine import Status, events, from_schema

from tests.live.transactional.conftest import CHEAP, running
from tests.live.transactional.ordering import place
from tests.live.transactional.test_who_may_do_what import BODIES
from transactional.app import make_shop
from transactional.fulfilment import tracking
from transactional.payments.test_provider.cards import SUCCESS, THREE_D
from transactional.tokens import Caller
from web import cursors

pytestmark = pytest.mark.live

PASSWORD = "correct horse battery"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
)
PRODUCT_IDS = range(1, 6)
N_ORDERS = 16
SHARE_THAT_HITS = 0.7
TAKES_FILES = ("POST /api/v1/catalogue/products/{product_id}/images",)
"""To schemathesis no file is invalid data, so that what it calls invalid may be a good picture."""
ENDS_THE_CALLER = ("/log-out-everywhere", "/me/deletion", "/me/password", "/me/email-changes")
"""Who asks these may be nobody afterwards: each request comes from an account of its own."""


@dataclass
class Findings:
    """What was answered, and what did not keep to the document."""

    n_by_status: Counter = field(default_factory=Counter)
    n_by_operation: Counter = field(default_factory=Counter)
    succeeded: set = field(default_factory=set)
    broken: dict = field(default_factory=dict)

    def note(self, event):
        if isinstance(event, events.NonFatalError | events.FatalError):
            error = event.value if isinstance(event, events.NonFatalError) else event.exception
            self.broken.setdefault(("the engine", repr(error)), getattr(event, "label", ""))
        if isinstance(event, events.ScenarioFinished):
            self.note_scenario(event.recorder)

    def note_scenario(self, recorder):
        for id_, interaction in recorder.interactions.items():
            operation = recorder.cases[id_].value.operation.label
            self.n_by_operation[operation] += 1
            if interaction.response is None:
                self.broken[operation, "no answer"] = interaction.request.uri
                continue
            status = interaction.response.status_code
            self.n_by_status[f"{status // 100}xx"] += 1
            if status < 300:
                self.succeeded.add(operation)
            for check in recorder.checks.get(id_, ()):
                if check.status is not Status.SUCCESS:
                    self.note_failure(operation, check, interaction)

    def note_failure(self, operation, check, interaction):
        told = check.failure_info
        self.broken.setdefault(
            (operation, check.name, told.failure.title if told else "the check crashed"),
            f"{told and told.failure.message}\n{interaction.response.content[:500]!r}\n"
            f"{told and told.code_sample[:1500]}",
        )

    def summary(self):
        by_status = ", ".join(f"{n:,} {name}" for name, n in sorted(self.n_by_status.items()))
        done = f"{len(self.succeeded)} of {len(self.n_by_operation)} operations did something"
        return f"{self.n_by_status.total():,} requests: {by_status}; {done}"

    def report(self):
        return "\n\n".join(f"{key}:\n{what}" for key, what in self.broken.items())


@pytest.fixture
async def app(settings, migrated, provider, monkeypatch):
    """The shop, with rates of which one busy client stays below."""
    monkeypatch.setattr("web.service.PER_SECOND", 100_000.0)
    monkeypatch.setattr("web.service.BURST", 100_000)
    monkeypatch.setattr(tracking, "ENDS_AFTER_SECONDS", 0.1)  # a stream is an answer, too
    # One of its own: the shop that tests share was built with the usual rates.
    async with running(settings, provider, make=lambda: make_shop("ERROR")) as app:
        yield app


@pytest.fixture
async def callers(app, client, stocked, shopper, selling, database):
    """A shop in which many ids hit, and those who ask it."""
    await stocked(dict.fromkeys(PRODUCT_IDS, 10**6), seller_id=3)
    ann, ops, seller = shopper(), shopper(role="ops"), selling(3)
    order_ids = []
    for n in range(N_ORDERS):
        method = THREE_D if n % 8 == 7 else SUCCESS
        answer = await place(client, ann, {1: 2, 2: 1}, method=method)
        order_ids.append(answer.json()["order_id"])
        await advance(client, ops, order_ids[-1], n % 4)
    for kind in (
        {"kind": "hide"},
        {"kind": "pin", "position": 1},
        {"kind": "weigh", "factor": 2.0},
    ):
        keyed = {**ops, "Idempotency-Key": kind["kind"]}
        rule = {**kind, "product_id": 1}
        made = await client.post("/api/v1/slots/home/rules", json=rule, headers=keyed)
        assert made.status_code == 201
        if kind["kind"] == "pin":
            rule |= {"queries": ["lamp"]}
        made = await client.post("/api/v1/search-rules", json=rule, headers=keyed)
        assert made.status_code == 201
    tokens = [each["Authorization"] for each in (ann, ann, ops, ops, seller)]
    return Callers([*tokens, None], order_ids, app, database)


async def advance(client, ops, order_id, n_steps):
    """Pack, ship and deliver an order, as far as it shall come."""
    desk = f"/api/v1/fulfilment/orders/{order_id}"
    bodies = {"pack": None, "shipments/1/ship": BODIES["Dispatch"], "shipments/1/deliver": None}
    for step, body in list(bodies.items())[:n_steps]:
        await client.post(f"{desk}/{step}", json=body, headers=ops)


class Callers:
    """Gives requests a caller, and half of what they name ids that there are."""

    def __init__(self, tokens, order_ids, app, database):
        self.tokens, self.app, self.database = tokens, app, database
        self.random = random.Random(5)
        self.known = {
            "product_id": PRODUCT_IDS,
            "order_id": order_ids,
            "warehouse_id": (1,),
            "from_warehouse_id": (1,),
            "to_warehouse_id": (2,),
            "category_id": (7,),
            "seller_id": (3,),
            "number": (1, 2),
            "line_number": (1, 2),
            "quantity": (1, 2),
            "review_id": range(1, 9),
            "address_id": range(1, 9),
            "import_id": range(1, 9),
            "purchase_order_id": range(1, 9),
            "transfer_id": range(1, 9),
            "run_day": ("2026-05-01",),
            "group_id": range(1, 9),
            "slot": ("home",),
            "rule_id": range(1, 9),
            "payment_method": (SUCCESS, THREE_D),
            "password": (PASSWORD,),
            "codes": ([],),
        }

    def get(self, case, context):
        if context.operation.path.endswith(ENDS_THE_CALLER):
            return self.somebody_new()
        return self.random.choice(self.tokens)

    def set(self, case, token, context):
        case.headers["Authorization"] = token

    def somebody_new(self):
        statement = """
            insert into accounts (email, password_hash, role, registered_at)
            values ('new-' || nextval('order_serial') || '@example.com', :hash, 'shopper', now())
            returning customer_id"""
        values = {"hash": CHEAP.hash(PASSWORD)}
        customer_id = self.database.execute(sa.text(statement), values).scalar_one()
        return f"Bearer {self.app.state.tokens.issue(Caller(customer_id, 'shopper'))}"

    def name_what_there_is(self, value):
        """Put known values, half of the time, where a name says what is meant."""
        if isinstance(value, list):
            return [self.name_what_there_is(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            name: self.random.choice(self.known[name])
            if name in self.known and self.random.random() < SHARE_THAT_HITS
            else self.name_what_there_is(each)
            for name, each in value.items()
        }


def fuzz(document, address, callers, n_examples, phases):
    """Send requests until every phase is over, and return what was found."""
    schema = openapi.from_dict(document, config=configuration(address, n_examples, phases))

    @schema.auth(refresh_interval=None)
    class Asked:
        get, set = staticmethod(callers.get), staticmethod(callers.set)

    @schema.hook
    def map_case(context, case):
        if case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE:
            case.path_parameters = callers.name_what_there_is(case.path_parameters)
            case.query = callers.name_what_there_is(case.query)
            case.body = callers.name_what_there_is(case.body)
        return case

    findings = Findings()
    for event in from_schema(schema).execute():
        findings.note(event)
    return findings


def configuration(address, n_examples, phases):
    every = ("examples", "coverage", "fuzzing", "stateful")
    return Config.from_dict(
        {
            "base-url": address,
            "continue-on-failure": True,
            "request-timeout": 30,
            "generation": {"max-examples": n_examples, "no-shrink": True, "database": "none"},
            "checks": {"enabled": False} | {name: {"enabled": True} for name in CHECKS},
            "phases": {name: {"enabled": name in phases} for name in every},
            "operations": [
                {"include-name": name, "checks": {"negative_data_rejection": {"enabled": False}}}
                for name in TAKES_FILES
            ],
        }
    )


async def test_some_answers_keep_to_the_document(app, address, callers, record_property):
    findings = await asyncio.to_thread(fuzz, app.openapi(), address, callers, 2, ["fuzzing"])

    record_property("schemathesis", findings.summary())
    assert findings.broken == {}, findings.report()
    assert findings.n_by_status.total() >= 150
    assert len(findings.n_by_operation) == n_operations(app.openapi())


@pytest.mark.long
async def test_twenty_thousand_answers_keep_to_the_document(app, address, callers, record_property):
    phases = ["examples", "coverage", "fuzzing", "stateful"]

    findings = await asyncio.to_thread(fuzz, app.openapi(), address, callers, 260, phases)

    record_property("schemathesis, whole", findings.summary())
    never = sorted(set(findings.n_by_operation) - findings.succeeded)
    record_property("operations that refused everything", ", ".join(never) or "none")
    assert findings.broken == {}, findings.report()
    assert findings.n_by_status.total() >= 20_000
    assert len(findings.n_by_operation) == n_operations(app.openapi())


def n_operations(document):
    return sum(len(by_method) for by_method in document["paths"].values())


FORGED = (
    [],
    [1],
    [0, 0],
    [-1, 1],
    ["x"],
    ["x", 1],
    ["\0", 1],
    ["\ud800", 1],
    [2**63],
    [2**63, 2**63],
    [1.5],
    [float("inf"), 1],
    [None],
    [True, True],
    [[1]],
    [{"a": 1}, 1],
    ["2025-01-01T00:00:00Z", 1],
    ["2025-01-01T00:00:00", 1],
    ["0001-01-01T00:00:00+14:00", 1],
    ["9999-12-31T23:59:59-14:00", 1],
)


async def test_a_forged_cursor_is_refused_or_harmless(
    app, client, callers, shopper, selling, monkeypatch
):
    """Whoever reads the code can write a cursor for any listing: the digest is no secret."""
    monkeypatch.setattr("web.cursors._digest", lambda listing: "known")
    ops = shopper(role="ops")
    csv = {**ops, "Content-Type": "text/csv"}
    rows = "external_id,title\nA,B"
    await client.post("/api/v1/catalogue/imports", content=rows, headers=csv)
    run = {**ops, "Idempotency-Key": "run"}
    await client.post("/api/v1/sellers/payout-runs", headers=run)
    seller = selling(3)
    listings = [
        path
        for path, by_method in app.openapi()["paths"].items()
        if "cursor" in {each["name"] for each in by_method.get("get", {}).get("parameters", ())}
    ]
    answers = {
        (path, str(place)): await client.get(
            path.format(product_id=1, category_id=7, import_id=1, payout_run_id=1, slot="home"),
            params={"cursor": cursors.encode(place, ""), "product_id": 1},
            headers=seller if "/me/" in path else ops,
        )
        for path in listings
        for place in FORGED
    }

    statuses = {key: answer.status_code for key, answer in answers.items()}
    assert {key: status for key, status in statuses.items() if status not in (200, 400)} == {}
    assert {path for (path, _), status in statuses.items() if status == 200} == set(listings)


def without_a_field():
    return JSONResponse({"n": "one"})


def by_mistake():
    raise ZeroDivisionError


def of_another_type():
    return PlainTextResponse("1")


class Number(BaseModel):
    n: int


@pytest.mark.long
@pytest.mark.parametrize(
    ("planted", "caught"),
    [
        pytest.param(without_a_field, "response_schema_conformance", id="another schema"),
        pytest.param(by_mistake, "not_a_server_error", id="a bug of ours"),
        pytest.param(of_another_type, "content_type_conformance", id="another media type"),
    ],
)
async def test_an_answer_outside_the_document_is_caught(app, address, callers, planted, caught):
    app.get("/planted", response_model=Number)(planted)
    document = app.openapi()
    only = {**document, "paths": {"/planted": document["paths"]["/planted"]}}

    findings = await asyncio.to_thread(fuzz, only, address, callers, 1, ["fuzzing"])

    assert caught in {check for _, check, *_ in findings.broken}
