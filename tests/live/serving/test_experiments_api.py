"""Experiments over HTTP: what an arm changes, and what is told of it (serving.experiments)."""

import json

import pytest
import redis as redis_client

from features.schemas.experiments import EXPERIMENTS_KEY, EXPOSURES_STREAM, Experiment
from features.schemas.logs import Exposure
from serving.experiments.assignment import arm_of
from serving.experiments.book import FORM
from tests.live.serving.conftest import until

pytestmark = pytest.mark.live


def experiment(surface, **way):
    shares = {"share_basis_points": 5000}
    return Experiment.model_validate(
        {
            "name": f"of-{surface.replace('_', '-')}",
            "experiment_version": 1,
            "layer": "main",
            "surfaces": [surface],
            "arms": [{"name": "control", **shares}, {"name": "other", **shares, **way}],
        }
    )


@pytest.fixture
def run(redis_url):
    """Let an experiment run; return a customer of its arm `other`."""

    def start(one):
        with redis_client.Redis.from_url(redis_url) as redis:
            redis.hset(EXPERIMENTS_KEY, one.name, FORM.dump_json([one]))
        arms = {n: arm_of(one, f"c{n}").name for n in range(1, 100)}
        return next(n for n, arm in arms.items() if arm == "other")

    return start


def exposures(redis_url):
    with redis_client.Redis.from_url(redis_url) as redis:
        entries = redis.xrange(EXPOSURES_STREAM)
    rows = [json.loads(fields[b"body"]) for _, fields in entries]
    return [Exposure.model_validate_json(json.dumps({**row, "date": "2026-05-01"})) for row in rows]


async def in_experiment(client, path, params, name):
    """Ask until serving knows of the experiment, and return the answer."""
    answers = []

    async def known():
        answers.append((await client.get(path, params=params)).json())
        return [each["name"] for each in answers[-1]["experiments"]] == [name]

    await until(known)
    return answers[-1]


async def told(redis_url, answer):
    """Return the row that an answer left."""
    found = []

    async def written():
        found[:] = [row for row in exposures(redis_url) if row.answer_id == answer["answer_id"]]
        return bool(found)

    await until(written)
    return found[0]


async def test_recommendations_follow_the_arm_and_leave_an_exposure(client, run, redis_url):
    before = await client.get("/api/v1/recommendations", params={"type": "for_you"})
    customer = run(experiment("for_you", model="popular"))
    params = {"type": "for_you", "customer_id": customer, "session_id": "s1", "slot": "home"}

    answer = await in_experiment(client, "/api/v1/recommendations", params, "of-for-you")
    row = await told(redis_url, answer)

    assert before.json()["experiments"] == []
    assert answer["items"][0]["source"] == "popular"
    assert answer["experiments"] == [{"name": "of-for-you", "arm": "other"}]
    assert (row.unit_id, row.arm, row.session_id, row.slot) == (
        f"c{customer}",
        "other",
        "s1",
        "home",
    )
    assert (row.surface, row.model_version, row.propensity) == ("for_you", None, 0.5)


async def test_searches_follow_the_arm_and_pages_go_on_whatever_begins_meanwhile(
    client, run, redis_url
):
    first = (await client.get("/api/v1/products", params={"q": "lamp", "limit": 3})).json()
    one = experiment("search", beside={"search_order": "formula"}, search_order="learned")
    customer = run(one)
    params = {"q": "lamp", "limit": 3, "customer_id": customer}

    answer = await in_experiment(client, "/api/v1/products", params, "of-search")
    row = await told(redis_url, answer)
    params["cursor"] = first["next_cursor"]
    second = await client.get("/api/v1/products", params=params)
    listing = await client.get("/api/v1/products", params={"customer_id": customer})

    shown = [each["product_id"] for each in answer["products"]]
    teams = f"{row.first_product_ids},{row.second_product_ids}".strip(",").split(",")
    assert sorted(map(int, teams)) == sorted(shown)
    assert (row.surface, row.model_version) == ("search", "formula")
    assert second.status_code == 200, second.text
    assert listing.json()["experiments"] == []  # without words there is no order to try


async def test_a_personal_arm_does_not_break_cursors(client, run):
    first = (await client.get("/api/v1/products", params={"q": "lamp", "limit": 3})).json()
    customer = run(experiment("search", personal=True))
    params = {"q": "lamp", "limit": 3, "customer_id": customer}
    await in_experiment(client, "/api/v1/products", params, "of-search")

    second = await client.get("/api/v1/products", params=params | {"cursor": first["next_cursor"]})

    assert second.status_code == 200, second.text
