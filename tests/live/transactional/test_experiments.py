"""Operators run experiments; serving's Redis and the lake's log follow (transactional.experiments)."""

import itertools
import json

import pytest

from features.schemas.experiments import EXPERIMENTS_KEY, Experiment
from features.schemas.logs import ExperimentChange
from serving.experiments.assignment import arm_of
from serving.experiments.book import FORM
from tests.live.transactional.conftest import doing, seconds_until
from transactional import worker

pytestmark = pytest.mark.live
ALL = "/api/v1/experiments"
CONTROL = {"name": "control", "share_basis_points": 5000}
OTHER = {"name": "other", "share_basis_points": 5000, "model": "popular"}
THIRD = {"name": "third", "share_basis_points": 2000, "personal": False}
DESIGN = {"surfaces": ["for_you"], "arms": [CONTROL, OTHER]}
HOME = {"name": "home", "design": DESIGN}
SOON = "2099-01-01T00:00:00Z"


@pytest.fixture
def ask(client, shopper, migrated):
    """Ask as an operator: `await ask("POST", "/home/start")`; each request has a new key."""
    ops, keys = shopper(role="ops"), itertools.count()

    async def request(method, path="", key=None, version=None, **body):
        headers = {**ops, "Idempotency-Key": key or f"key-{next(keys)}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await client.request(method, ALL + path, json=body or None, headers=headers)

    return request


def seen(answer):
    body = answer.json()
    return answer.status_code, body.get("type") or body["state"]


async def test_a_draft_is_made_changed_started_and_stopped_and_every_step_is_a_row_of_the_log(
    ask, rows
):
    made = await ask("POST", **HOME, note="is it worth it?", key="k")
    again = await ask("POST", **HOME, note="is it worth it?", key="k")
    taken = await ask("POST", **HOME)
    reused = await ask("POST", **HOME, key="k")
    changed = await ask("PATCH", "/home", version=1, traffic_basis_points=5000, ends_at=SOON)
    stale = await ask("PATCH", "/home", version=1, note="no")
    too_early = await ask("POST", "/home/stop", reason="no")
    started = [await ask("POST", "/home/start") for _ in range(2)]
    stopped = [await ask("POST", "/home/stop", reason=why) for why in ("enough", "again")]
    late = await ask("POST", "/home/start")

    assert [seen(each) for each in (made, again)] == [(201, "draft")] * 2
    assert seen(taken) == (409, "/problems/experiment-exists")
    assert seen(reused) == (422, "/problems/idempotency-key-reused")
    assert (changed.json()["traffic_basis_points"], changed.headers["ETag"]) == (5000, '"2"')
    assert seen(stale) == (412, "/problems/stale-version")
    assert seen(too_early) == (409, "/problems/experiment-not-running")
    assert [seen(each) for each in started] == [(200, "running")] * 2
    assert [(seen(each), each.json()["reason"]) for each in stopped] == [
        ((200, "stopped"), "enough")
    ] * 2
    assert seen(late) == (409, "/problems/experiment-not-a-draft")
    told = rows(
        "select recorded_at, body from outbox where topic = 'experiments' order by position"
    )
    known = [
        ExperimentChange.model_validate_json(
            json.dumps(
                {**each["body"], "recorded_at": str(each["recorded_at"]), "date": "2026-05-01"}
            )
        )
        for each in told
    ]
    assert [each.state for each in known] == ["draft", "draft", "running", "stopped"]
    last = Experiment.model_validate_json(known[-1].definition)
    assert (last.name, last.n_buckets, last.arms[1].model) == ("home", 5000, "popular")


async def test_what_runs_keeps_its_shares_until_a_new_version_puts_everybody_into_arms_anew(ask):
    await ask("POST", **HOME)
    await ask("POST", "/home/start")
    other_shares = DESIGN | {
        "arms": [CONTROL | {"share_basis_points": 9000}, OTHER | {"share_basis_points": 1000}]
    }

    refused = [
        await ask("PATCH", "/home", **change)
        for change in ({"design": other_shares}, {"traffic_basis_points": 100}, {"layer": "b"})
    ]
    longer = await ask("PATCH", "/home", ends_at=SOON, design=DESIGN)
    anew = await ask("POST", "/home/versions", reason="fewer are enough")
    changed = await ask("PATCH", "/home", design=other_shares)
    started = await ask("POST", "/home/start")

    assert {seen(each) for each in refused} == {(409, "/problems/experiment-not-a-draft")}
    assert "POST /api/v1/experiments/home/versions" in refused[0].json()["detail"]
    assert longer.json()["ends_at"] == SOON
    assert (anew.json()["experiment_version"], anew.json()["state"]) == (2, "draft")
    assert changed.status_code == 200
    assert seen(started) == (200, "running")


async def test_layers_keep_experiments_apart(ask):
    halves = [
        {"name": name, "traffic_basis_points": 5000, "design": DESIGN} for name in ("a", "b", "c")
    ]
    for each in halves:
        await ask("POST", **each)
    await ask("POST", name="d", layer="second", design=DESIGN)
    personal = {
        "surfaces": ["for_you"],
        "arms": [CONTROL, OTHER | {"model": None, "personal": False}],
    }
    await ask("POST", name="e", layer="second", design=personal)

    started = {name: await ask("POST", f"/{name}/start") for name in "abcde"}
    await ask("POST", "/a/stop", reason="enough")
    then = await ask("POST", "/c/start")

    assert {name: seen(each) for name, each in started.items()} == {
        "a": (200, "running"),
        "b": (200, "running"),
        "c": (409, "/problems/layer-full"),
        "d": (409, "/problems/experiments-collide"),
        "e": (200, "running"),
    }
    assert seen(then) == (200, "running")


async def test_serving_reads_what_runs_and_an_arm_that_is_stopped_is_served_as_without(
    ask, engine, redis
):
    design = DESIGN | {"arms": [CONTROL, OTHER | {"share_basis_points": 3000}, THIRD]}
    await ask("POST", name="home", design=design)
    await ask("POST", name="draft", design=DESIGN)
    await ask("POST", "/home/start")

    async def told():
        found = await redis.hgetall(EXPERIMENTS_KEY)
        return {name: arms_of(*FORM.validate_json(text)) for name, text in found.items()}

    async with doing(worker.rule_duties(engine, redis)):
        await seconds_until(told, {"home": {"control", "other", "third"}})
        stopped = await ask("POST", "/home/arms/other/stop", reason="guardrail: ctr")
        control = await ask("POST", "/home/arms/control/stop", reason="no")
        nobody = await ask("POST", "/home/arms/fourth/stop", reason="no")
        await seconds_until(told, {"home": {"control", None, "third"}})
        last = await ask("POST", "/home/arms/third/stop", reason="enough")
        await seconds_until(told, {})

    assert (seen(stopped), stopped.json()["stopped_arms"]) == (
        (200, "running"),
        {"other": "guardrail: ctr"},
    )
    assert seen(control) == (409, "/problems/control-stays")
    assert seen(nobody) == (404, "/problems/unknown-arm")
    assert (seen(last), last.json()["reason"]) == ((200, "stopped"), "third: enough")


def arms_of(experiment):
    """The arms of 200 customers; None of those who are served as without it."""
    arms = [arm_of(experiment, f"c{number}") for number in range(200)]
    return {arm and arm.name for arm in arms}


async def test_lists_come_by_name_page_by_page(ask):
    for name in ("b", "a", "c"):
        await ask("POST", name=name, design=DESIGN)

    first = (await ask("GET", "?limit=2")).json()
    second = (await ask("GET", f"?limit=2&cursor={first['next_cursor']}")).json()
    unknown = await ask("GET", "/nobody")

    assert [[each["name"] for each in page["experiments"]] for page in (first, second)] == [
        ["a", "b"],
        ["c"],
    ]
    assert second["next_cursor"] is None
    assert seen(unknown) == (404, "/problems/unknown-experiment")


async def test_what_is_none_is_refused(ask):
    unshared = DESIGN | {"arms": [CONTROL, CONTROL | {"name": "other", "share_basis_points": 1}]}

    answers = [
        await ask("POST", name="home", design=unshared),
        await ask("POST", name="Home", design=DESIGN),
        await ask(
            "POST", name="home", design=DESIGN, starts_at=SOON, ends_at="2098-01-01T00:00:00Z"
        ),
    ]

    assert [seen(each) for each in answers] == [
        (422, "/problems/invalid-request"),
        (422, "/problems/invalid-request"),
        (409, "/problems/no-experiment"),
    ]
