"""Answers have ids and leave rows that explain them (serving.answers, serving.*.recorded)."""

import datetime as dt
import json
import uuid
from dataclasses import replace

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as RedisConnectionError

from features.schemas.arrow import arrow_schema
from features.schemas.logs import Answer
from features.schemas.served_features import pack_served, unpack_served
from jobs.partitions import Partitions
from jobs.raw import RawBatches, raw_row
from models.search.query import Search
from serving.answers.explaining import explained
from serving.answers.ids import N_RANDOM_BITS, answer_id, moment_of
from serving.answers.log import EMPTY, AnswerLog, question
from serving.answers.reading import KeptAnswers, in_the_lake
from serving.recommendations.schemas import RecommendationQuery
from serving.search.compiling import NO_RULES
from serving.search.ranker import FORMULA
from serving.search.recorded import Asked
from serving.search.schemas import ProductPage
from serving.search.service import SearchService
from tests.unit.serving.shop_by_hand import NOW, Features, index_of, links, model, service

EMPTY_PAGE = {**EMPTY, "endpoint": "search", "index_date": "2026-01-31"}
MOMENTS = st.integers(0, 2**42).map(
    lambda milliseconds: (
        dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=milliseconds)
    )
)
BITS = st.integers(0, 2**N_RANDOM_BITS - 1)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def by_hand():
    """Customer 1 has had 8 and is offered 1 and 2."""
    return model({1: [1, 2]}, {1: [8]}, links(_6=[3, 4]), links())


class Rows:
    """Rows that answers left."""

    def __init__(self):
        self.left = []

    def log(self):
        return AnswerLog(lambda stream, row: self.left.append((stream, row)), "versions/v7")

    @property
    def last(self):
        stream, row = self.left[-1]
        message = json.loads(json.dumps(row))
        assert stream == Answer.table
        Answer.model_validate({**message, "date": message["recorded_at"][:10]})
        return message


@pytest.fixture
def rows():
    return Rows()


async def recommended(index, by_hand, rows, features=None, rules=(), **asked):
    served = replace(service(index, by_hand, features, rules), answers=rows.log())
    document = await served.recommend(RecommendationQuery(**asked))
    return document, explained(rows.last, "redis")


@given(MOMENTS, BITS, MOMENTS, BITS)
def test_ids_tell_their_moment_and_rise_with_time(first, some, second, other):
    one, two = answer_id(first, some), answer_id(second, other)

    assert moment_of(uuid.UUID(one)) == first
    assert (uuid.UUID(one).version, str(uuid.UUID(one))) == (7, one)
    assert first == second or (one < two) == (first < second)


@given(st.lists(st.lists(st.floats(width=32), min_size=3, max_size=3), max_size=5))
def test_features_are_unpacked_as_they_were_packed(values):
    served = np.array(values, np.float32).reshape(-1, 3)

    assert np.array_equal(unpack_served(pack_served(served), "abc"), served, equal_nan=True)


async def test_every_answer_has_an_id_of_its_own(index, by_hand, rows):
    first, _ = await recommended(index, by_hand, rows, type="trending")
    second, _ = await recommended(index, by_hand, rows, type="trending")

    assert first["answer_id"] != second["answer_id"]
    assert [row["event_id"] for _, row in rows.left] == [first["answer_id"], second["answer_id"]]
    assert moment_of(uuid.UUID(first["answer_id"])) == NOW


async def test_a_list_of_recommendations_is_explained_by_what_the_ranking_read(
    index, by_hand, rows
):
    features = Features(
        viewed={1: [6]}, products={1: {"price_cents": 250, "return_ratio": 0.25}, 2: {}}
    )
    rules = [{"kind": "weigh", "product_id": 2, "factor": 2}]

    document, told = await recommended(
        index, by_hand, rows, features, rules, type="for_you", customer_id=1, slot="home", limit=5
    )

    shown = [(item["product_id"], item["source"], item["score"]) for item in document["items"]]
    assert [(each.product_id, each.source, each.score) for each in told.products] == [
        (product_id, source, pytest.approx(score, rel=1e-6)) for product_id, source, score in shown
    ]
    by_id = {each.product_id: each for each in told.products}
    assert (by_id[1].features["price_cents"], by_id[1].features["n_units_7d"]) == (250, None)
    assert (by_id[1].kept_ratio, by_id[2].factor) == (0.75, 2)
    assert told.acts == {"viewed": [6]}
    assert told.rules["slot_rules"] == [{"kind": "weigh", "product_id": 2, "factor": 2}]
    assert (told.kind, told.slot, told.customer_id) == ("for_you", "home", 1)
    assert (told.model_version, told.index_name, told.index_date) == (
        "3", "versions/v7", "2026-01-31",
    )  # fmt: skip
    assert told.query == {"type": "for_you", "customer_id": 1, "slot": "home", "limit": 5}


async def test_a_list_that_no_ranking_made_tells_of_no_features(index, by_hand, rows):
    _, told = await recommended(index, by_hand, rows, type="similar", product_id=1, limit=2)

    assert [each.features for each in told.products] == [None, None]
    assert (told.user_features, told.customer_id) == ({}, None)


def searched(index, rows, text, **parameters):
    found = SearchService(index, NO_RULES, index, FORMULA, rows.log(), NOW)
    asked = Asked("search", {"q": text, **parameters}, None, 2)
    return found.page(asked, Search(text=text))


def test_a_page_of_a_search_is_explained_by_what_the_second_stage_read(index, rows):
    page = searched(index, rows, "product prodct", customer_id=4)

    told = explained(rows.last, "lake")
    assert told.answer_id == page["answer_id"]
    assert [each.product_id for each in told.products] == [
        each["product_id"] for each in page["products"]
    ]
    assert (told.search_order, told.customer_id, told.endpoint) == ("formula", 4, "search")
    assert {each.features["in_stock"] for each in told.products} <= {0, 1}
    assert (told.rules["engine"], told.rules["n_total"]) == ("tantivy", 10)


def test_a_page_is_what_the_schema_says_of_it(index, rows):
    page = searched(index, rows, "product prodct", customer_id=4)

    described = ProductPage.model_validate(page).model_dump(mode="json")
    assert orjson.loads(orjson.dumps(page)) == described
    assert (len(described["products"]), described["n_total"]) == (2, 10)


def test_the_largest_answer_has_room_in_the_log(index, rows):
    ids = [2**53 - 1 - n for n in range(100)]
    columns = {
        "product_ids": ",".join(map(str, ids)),
        "scores": ",".join(["-1.234567e-300"] * 100),
        "sources": ",".join(["trending_category"] * 100),
        "because_ids": ",".join(map(str, ids)),
        "product_features": pack_served(np.ones((100, 30))),
        "query": question({"brand": ["x" * 120] * 50, "q": "lamp"}),
    }

    rows.log().leave(NOW, 0.0, {**EMPTY_PAGE, **columns})

    assert json.loads(rows.last["query"]) == {"q": "lamp", "left_out": ["brand"]}


@pytest.mark.parametrize("layer", ["raw", "validated"])
def test_an_answer_is_found_in_the_lake_by_the_day_of_its_id(tmp_path, index, by_hand, rows, layer):
    day = NOW.date()
    searched(index, rows, "product")
    other = searched(index, rows, "product")["answer_id"]
    names = [name for name in Answer.model_fields if name != "date"]
    if layer == "raw":
        raw = [raw_row(json.dumps(row), names) for _, row in rows.left]
        RawBatches(tmp_path).append("answers", "1-1", {Answer.table: raw}, day)
    else:
        lake = Partitions(tmp_path)
        typed = [
            Answer.model_validate({**row, "date": row["recorded_at"][:10]}).model_dump()
            for _, row in rows.left
        ]
        lake.write(Answer, pa.Table.from_pylist(typed, schema=arrow_schema(Answer)), day)

    found = in_the_lake(tmp_path, uuid.UUID(other))

    assert explained(found, "lake").answer_id == other
    assert in_the_lake(tmp_path, uuid.UUID(answer_id(NOW, 0))) is None


class Stream:
    """Redis with these rows in the stream, or away."""

    def __init__(self, rows=(), *, is_away=False):
        self.rows, self.is_away = rows, is_away

    async def xrange(self, name, min, max, count):  # noqa: A002 - as Redis' client has it
        if self.is_away:
            raise RedisConnectionError("away")
        ms = [int(each.partition("-")[0]) for each in (min.lstrip("("), max)]
        entries = [(f"{at}-0", {"body": json.dumps(row)}) for at, row in self.rows]
        return [each for each in entries if ms[0] < int(each[0][:-2]) <= ms[1]][:count]


async def test_an_answer_is_found_in_the_stream_about_its_moment_or_else_in_the_lake(
    tmp_path, index, rows
):
    waiting, landed = (uuid.UUID(searched(index, rows, "product")["answer_id"]) for _ in range(2))
    names = [name for name in Answer.model_fields if name != "date"]
    RawBatches(tmp_path).append(
        "answers", "1-1", {Answer.table: [raw_row(json.dumps(rows.last), names)]}, NOW.date()
    )
    at = int(NOW.timestamp() * 1000)
    others = [(at + n, {"event_id": str(n)}) for n in range(700)]
    stream = Stream([*others, (at + 700, rows.left[0][1])])

    found = [await KeptAnswers(stream, tmp_path).find(each) for each in (waiting, landed)]
    away = await KeptAnswers(Stream(is_away=True), tmp_path).find(landed)

    assert [(place, row["event_id"]) for place, row in (*found, away)] == [
        ("redis", str(waiting)),
        ("lake", str(landed)),
        ("lake", str(landed)),
    ]
    for unknown in (waiting, uuid.UUID(int=2**128 - 1), uuid.UUID(int=0)):
        assert await KeptAnswers(Stream(), tmp_path).find(unknown) is None
    with pytest.raises(RedisConnectionError):
        await KeptAnswers(Stream(is_away=True), tmp_path).find(waiting)
