"""From exposures to verdicts, pages and stops (jobs.analyse_experiments and what it is made of)."""

import datetime as dt
import functools
import json

import httpx2
import pytest

from features.schemas.experiments import Experiment
from features.schemas.lake import ExperimentResult
from features.schemas.logs import ClickstreamEvent, ExperimentChange, Exposure, OrderLine
from jobs.analyse_experiments import main
from jobs.experiment_log import known_experiments
from jobs.experiment_units import units_of
from jobs.partitions import Partitions
from jobs.runner import Dates, JobError
from jobs.settings import Settings
from models import registry
from tests.tables import arrow

FIRST, DAY = dt.date(2026, 5, 1), dt.date(2026, 5, 2)
CONTROL = {"name": "control", "share_basis_points": 5000}
OTHER = {"name": "other", "share_basis_points": 5000, "model": "champion"}


def definition(**changes):
    given = {
        "name": "home",
        "experiment_version": 1,
        "layer": "main",
        "surfaces": ["for_you"],
        "arms": [CONTROL, OTHER],
        "starts_at": "2026-05-01T00:00:00Z",
        "n_planned": 400,
        **changes,
    }
    return Experiment.model_validate_json(json.dumps(given)).model_dump_json()


def change(lake, day, at, state="running", reason="", **changes):
    given = definition(**changes)
    version = json.loads(given)["experiment_version"]
    earlier = lake.read(ExperimentChange, day, day)
    row = f"""
        event_id | name | experiment_version | state   | reason   | definition | occurred_at     | recorded_at | date
        ---------+------+--------------------+---------+----------+------------+-----------------+-------------+------
        {at}     | home | {version}          | {state} | {reason} | {given}    | {day}T{at}      | {day}T{at}  | {day}
    """
    both = [*earlier.to_pylist(), *arrow(ExperimentChange, row).to_pylist()]
    lake.write(ExperimentChange, earlier.from_pylist(both, schema=earlier.schema), day)


def exposures(day, *rows):
    """Rows of (arm, unit, customer, visitor, session, time), some with more columns."""
    head = (
        "event_id | experiment | experiment_version | arm | unit_id | customer_id | visitor_id | session_id"
        " | occurred_at | first_product_ids | second_product_ids | model_version | propensity | surface"
        " | latency_ms | recorded_at | date\n---\n"
    )
    lines = [
        f"{day}{n} | home | 1 | {arm} | {unit} | {customer} | {visitor} | {session} | {day}T{at} | {first}"
        f" | {second} | {version} | 0.5 | for_you | {latency} | {day}T{at} | {day}"
        for n, (
            arm,
            unit,
            customer,
            visitor,
            session,
            at,
            first,
            second,
            version,
            latency,
        ) in enumerate([*each, *DEFAULTS[len(each) - 6 :]] for each in rows)
    ]
    return arrow(Exposure, head + "\n".join(lines))


DEFAULTS = ("", "", "3", "10")


def clicks(day, *rows):
    """Rows of (kind, customer, visitor, session, product, surface, time)."""
    head = (
        "event_id | kind | customer_id | visitor_id | session_id | product_id | surface | occurred_at"
        " | recorded_at | date\n---\n"
    )
    lines = [
        f"{day}{n} | {' | '.join(map(str, each[:-1]))} | {day}T{each[-1]} | {day}T{each[-1]} | {day}"
        for n, each in enumerate(rows)
    ]
    return arrow(ClickstreamEvent, head + "\n".join(lines))


def orders(day, *rows):
    """Rows of (order, customer, kind, units, price, time)."""
    head = (
        "event_id | order_id | customer_id | kind | quantity | unit_price_cents | occurred_at | recorded_at"
        " | date\n---\n"
    )
    lines = [
        f"{day}{n} | {' | '.join(map(str, each[:-1]))} | {day}T{each[-1]} | {day}T{each[-1]} | {day}"
        for n, each in enumerate(rows)
    ]
    return arrow(OrderLine, head + "\n".join(lines))


@pytest.fixture
def lake(tmp_path):
    found = Partitions(tmp_path / "lake")
    change(found, FIRST, "00:00")
    return found


def counted(lake, date=DAY):
    """What each arm's units did, by name, and how many crossed."""
    [known] = known_experiments(lake, date)
    arms, n_crossed = units_of(lake, known, date)
    return arms, n_crossed


def counts(arms, name, *wanted):
    return [arms[name].counts[each].tolist() for each in wanted]


def test_what_a_unit_did_since_its_first_exposure_is_its_arms(lake):
    seen = exposures(
        FIRST,
        ("control", "c1", 1, "", "s1", "10:00"),
        ("control", "c1", 1, "", "s1", "12:00"),
        ("other", "c2", 2, "", "s2", "10:00"),
    )
    lake.write(Exposure, seen, FIRST)
    events = clicks(
        FIRST,
        ("impression", 1, "", "s1", 5, "for_you", "09:00"),  # before
        ("impression", 1, "", "s1", 5, "for_you", "10:01"),
        ("impression", 1, "", "s1", 6, "for_you", "10:01"),
        ("click", 1, "", "s1", 5, "for_you", "10:02"),
        ("view", 1, "", "s1", 5, "for_you", "10:02"),  # the click's own
        ("view", 1, "", "s1", 6, "search", "10:03"),  # another list
        ("impression", 3, "", "s3", 5, "for_you", "10:01"),  # nobody's
    )
    lake.write(ClickstreamEvent, events, FIRST)
    lines = orders(
        DAY,
        (1, 2, "sale", 2, 500, "08:00"),
        (1, 2, "sale", 1, 300, "08:00"),
        (2, 2, "sale", 1, 100, "09:00"),
        (1, 2, "return", 1, 500, "10:00"),
        (3, 1, "sale", 1, 900, "08:00"),
    )
    lake.write(OrderLine, lines, DAY)

    arms, _ = counted(lake)

    assert counts(arms, "control", "n_exposures", "n_impressions", "n_clicks") == [[2], [2], [1]]
    assert counts(arms, "other", "n_orders", "revenue_cents", "returned_cents") == [
        [2],
        [1400],
        [500],
    ]
    assert counts(arms, "control", "has_ordered", "latency_ms") == [[1], [20]]
    assert arms["control"].latencies.tolist() == [10, 10]


def test_what_came_before_the_experiment_is_kept_apart(lake):
    april = dt.date(2026, 4, 20)
    lake.write(Exposure, exposures(FIRST, ("control", "c1", 1, "", "", "10:00")), FIRST)
    lake.write(OrderLine, orders(april, (1, 1, "sale", 1, 700, "08:00")), april)
    long_ago = dt.date(2026, 3, 1)
    lake.write(OrderLine, orders(long_ago, (2, 1, "sale", 1, 900, "08:00")), long_ago)

    arms, _ = counted(lake)

    assert arms["control"].before["revenue_cents"].tolist() == [700]
    assert counts(arms, "control", "revenue_cents") == [[0]]


def test_a_guest_who_logs_in_later_bought_what_the_customer_buys(lake):
    lake.write(Exposure, exposures(FIRST, ("other", "vv1", "", "v1", "s1", "10:00")), FIRST)
    events = clicks(
        FIRST,
        ("view", "", "v1", "s2", 5, "for_you", "11:00"),
        ("view", 7, "v1", "s2", 5, "for_you", "11:30"),
    )
    lake.write(ClickstreamEvent, events, FIRST)
    lake.write(OrderLine, orders(FIRST, (1, 7, "sale", 1, 500, "12:00")), FIRST)
    april = dt.date(2026, 4, 20)
    lake.write(OrderLine, orders(april, (2, 7, "sale", 1, 700, "08:00")), april)

    arms, _ = counted(lake)

    assert counts(arms, "other", "n_clicks", "revenue_cents") == [[2], [500]]
    assert arms["other"].before["revenue_cents"].tolist() == [
        0
    ]  # the arm may have made them log in


def test_an_experiment_on_visitors_keeps_who_logs_in(lake):
    change(lake, FIRST, "00:01", unit="visitor")
    seen = exposures(
        FIRST,
        ("other", "vv1", "", "v1", "s1", "10:00"),
        ("other", "vv1", 7, "v1", "s1", "11:00"),
    )
    lake.write(Exposure, seen, FIRST)
    lake.write(OrderLine, orders(FIRST, (1, 7, "sale", 1, 500, "12:00")), FIRST)

    arms, _ = counted(lake)

    assert counts(arms, "other", "n_exposures", "revenue_cents") == [[2], [500]]


def test_who_was_seen_in_two_arms_is_left_out_and_counted(lake):
    seen = exposures(
        FIRST,
        ("control", "c1", 1, "", "", "10:00"),
        ("other", "c1", 1, "", "", "11:00"),
        ("other", "c2", 2, "", "", "11:00"),
    )
    lake.write(Exposure, seen, FIRST)

    arms, n_crossed = counted(lake)

    assert (arms["control"].n_units, arms["other"].n_units, n_crossed) == (0, 1, 1)


def test_a_click_on_an_interleaved_list_counts_for_whose_product_it_was_last(lake):
    change(lake, FIRST, "00:01", arms=[CONTROL, OTHER | {"beside": {"model": "challenger"}}])
    seen = exposures(
        FIRST,
        ("other", "c1", 1, "", "", "10:00", "5,6", "7"),
        ("other", "c1", 1, "", "", "11:00", "7", "5,6"),
    )
    lake.write(Exposure, seen, FIRST)
    events = clicks(
        FIRST,
        ("view", 1, "", "s1", 5, "for_you", "10:30"),  # the first's
        ("view", 1, "", "s1", 5, "for_you", "11:30"),  # the second's by now
        ("view", 1, "", "s1", 6, "for_you", "11:30"),
        ("view", 1, "", "s1", 9, "for_you", "11:30"),  # was on neither
    )
    lake.write(ClickstreamEvent, events, FIRST)

    arms, _ = counted(lake)

    assert (arms["other"].first_credits[0], arms["other"].second_credits[0]) == (1, 2)


def test_versions_are_told_apart_and_one_that_was_replaced_is_over(lake):
    change(lake, DAY, "08:00", state="draft", experiment_version=2, starts_at=None)
    change(lake, DAY, "09:00", experiment_version=2, starts_at="2026-05-02T09:00:00Z")

    first, second = known_experiments(lake, DAY)

    assert (first.experiment.experiment_version, first.over_at.hour) == (1, 8)
    assert (second.experiment.experiment_version, second.is_running) == (2, True)
    assert [each.is_running for each in known_experiments(lake, FIRST)] == [True]
    long_after = DAY + dt.timedelta(days=20)
    assert [each.experiment.experiment_version for each in known_experiments(lake, long_after)] == [
        2
    ]


def test_what_was_stopped_has_a_reason_and_what_ran_out_has_ended(lake):
    change(lake, FIRST, "12:00", ends_at="2026-05-02T12:00:00Z")
    [ended], [runs] = known_experiments(lake, DAY), known_experiments(lake, FIRST)
    change(lake, DAY, "13:00", state="stopped", reason="enough")
    [stopped] = known_experiments(lake, DAY)

    assert (ended.state, ended.is_running, runs.state) == ("ended", False, "running")
    assert (stopped.state, stopped.reason) == ("stopped", "enough")


# --- the whole job, with an arm that does harm


@pytest.fixture
def settings(lake, tmp_path):
    """600 customers; the other arm, which serves the champion, sells to 60 fewer of 120."""
    guard = {"metric": "conversion_ratio", "direction": "fall", "worst_ratio": 0.05}
    change(lake, FIRST, "00:01", guardrails=[guard], metrics=["conversion_ratio"])
    arms = [("control", 0), ("other", 300)]
    seen = [
        (arm, f"c{start + n}", start + n, "", "", "10:00")
        for arm, start in arms
        for n in range(1, 301)
    ]
    lake.write(Exposure, exposures(FIRST, *seen), FIRST)
    buyers = [*range(1, 121), *range(301, 331)]
    lines = [(customer, customer, "sale", 1, 500, "11:00") for customer in buyers]
    lake.write(OrderLine, orders(FIRST, *lines), FIRST)
    return Settings(emporium_home=tmp_path, mlflow_tracking_uri=f"sqlite:///{tmp_path}/mlflow.db")


@pytest.fixture
def champions(monkeypatch):
    """A registry whose champion is 3, before it 2; notes what is rolled back and why."""
    state = {"champion": "3", "why": []}

    def roll_back(uri, name, because):
        state["why"].append(because)
        state["champion"] = "2"
        return "2"

    monkeypatch.setattr(registry, "champion_version", lambda uri, name: state["champion"])
    monkeypatch.setattr(registry, "roll_back", roll_back)
    return state


class Shop:
    """Takes what it is told."""

    def __init__(self, status=200):
        self.told, self.status = [], status

    def __call__(self, request):
        path = request.url.path.removeprefix("/api/v1/")
        if path == "tokens":
            return httpx2.Response(201, json={"access_token": "t"})
        self.told.append((path, json.loads(request.content)["reason"]))
        return httpx2.Response(self.status, json={"detail": "away"})


@pytest.fixture
def in_front_of(settings, monkeypatch, champions):
    """Run the job against a shop."""

    def analyse(shop):
        client = functools.partial(httpx2.Client, transport=httpx2.MockTransport(shop))
        monkeypatch.setattr("jobs.shop_desk.httpx2.Client", client)
        main(settings.model_copy(update={"shop_url": "http://shop"}), Dates(FIRST, FIRST))

    return analyse


def report(settings):
    return json.loads((settings.reports / "analyse_experiments" / f"{FIRST}.json").read_text())


def results(lake):
    return {
        (row["arm"], row["metric"]): row
        for row in lake.read(ExperimentResult, FIRST, FIRST).to_pylist()
    }


def test_an_arm_that_does_harm_is_stopped_and_its_champion_rolled_back_once(
    in_front_of, settings, lake, champions
):
    shop = Shop()

    in_front_of(shop)
    in_front_of(shop)

    row = results(lake)["other", "conversion_ratio"]
    assert (row["verdict"], row["n_units"], row["value"]) == ("breach", 300, pytest.approx(0.1))
    assert row["lift_ratio"] == pytest.approx(-0.75)
    paths = {path for path, _ in shop.told}
    assert paths == {"experiments/home/arms/other/stop"}
    assert shop.told[0][1] == "guardrail: conversion_ratio 0.1, -75.0 % of control's"
    assert champions["why"] == [f"experiment home, {shop.told[0][1]}"]
    [stop] = report(settings)["stopped"]
    assert stop["champion"] == "kept: the arm served 3, 2 serves by now"
    page = (settings.reports / "experiments" / "home.html").read_text()
    assert "other stopped" in page
    assert "<svg" in page
    assert "guardrail broken" in page


def test_without_a_shop_nobody_is_told_and_the_report_says_so(settings, champions):
    main(settings, Dates(FIRST, FIRST))

    [stop] = report(settings)["stopped"]
    assert stop["told"].startswith("nobody: SHOP_URL is not set")


def test_a_shop_that_cannot_be_told_fails_the_job_and_results_are_there(
    in_front_of, lake, champions
):
    with pytest.raises(JobError, match=r"a guardrail broke and the shop was not told: .*503 away"):
        in_front_of(Shop(status=503))

    assert results(lake)["other", "conversion_ratio"]["verdict"] == "breach"
    assert champions["why"] == []


def test_an_arm_that_was_stopped_before_is_left_alone(in_front_of, lake):
    change(
        lake,
        FIRST,
        "12:00",
        stopped_arms={"other": "guardrail"},
        guardrails=[{"metric": "conversion_ratio", "direction": "fall"}],
    )
    shop = Shop()

    in_front_of(shop)

    assert shop.told == []


def test_a_day_without_experiments_has_an_empty_table(tmp_path):
    settings = Settings(emporium_home=tmp_path)

    main(settings, Dates(FIRST, FIRST))

    assert report(settings) == {"stopped": []}


def test_an_experiment_that_nobody_was_in_yet_has_a_page_and_decides_nothing(lake, tmp_path):
    metrics = ["ctr", "conversion_ratio", "latency_p95_ms", "return_ratio"]
    guard = {"metric": "latency_p95_ms", "direction": "rise"}
    change(lake, FIRST, "00:01", metrics=metrics, guardrails=[guard])
    settings = Settings(emporium_home=tmp_path)

    main(settings, Dates(FIRST, FIRST))

    assert {row["verdict"] for row in results(lake).values()} == {"control", "undecided"}
    assert report(settings)["stopped"] == []
    assert "not decided" in (settings.reports / "experiments" / "home.html").read_text()
