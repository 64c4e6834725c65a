"""Who is in which arm, what that changes, and what is told of it (serving.experiments)."""

import datetime as dt
import subprocess
import sys
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from scipy.stats import chi2_contingency, chisquare

from features.schemas.experiments import Arm, Experiment, Surface, Treatment
from features.schemas.logs import Exposure
from models.evaluation.experiments.interleaving import FIRST, SECOND
from serving.experiments.assignment import Identity, arm_of, bucket, unit_of
from serving.experiments.book import NO_TRIAL, ExperimentBook, by_surface
from serving.experiments.exposing import Exposing
from serving.recommendations.schemas import Kind, RecommendationQuery, Recommendations
from serving.recommendations.service import Champion
from serving.recommendations.trials import RecommendationTrials
from tests.unit.serving.shop_by_hand import NOW, Features, index_of, links, model, service

N_UNITS = 200_000
UNITS = [f"c{number}" for number in range(N_UNITS)]
HALVES = (("control", 5000), ("other", 5000))


def experiment(name="home", shares=HALVES, ways=({}, {}), **changes):
    arms = [
        Arm(name=arm, share_basis_points=share, **way)
        for (arm, share), way in zip(shares, ways, strict=True)
    ]
    given = {"surfaces": ["for_you"], "experiment_version": 1, "layer": "main", **changes}
    return Experiment(name=name, arms=arms, **given)


def placed(one, n_units=N_UNITS):
    """Arms of units, by number; -1 for those that are in none."""
    names = [arm.name for arm in one.arms]
    found = (arm_of(one, unit) for unit in UNITS[:n_units])
    return np.array([names.index(arm.name) if arm else -1 for arm in found])


def test_arms_get_their_shares_of_200_000_units():
    three = experiment(shares=(("a", 5000), ("b", 3000), ("c", 2000)), ways=({}, {}, {}))

    n_units = np.bincount(placed(three))

    assert chisquare(n_units, [100_000, 60_000, 40_000]).pvalue > 0.001


def test_a_part_of_the_traffic_is_in_the_experiment_and_halved_as_well():
    part = experiment(first_bucket=2500, n_buckets=1000)

    found = placed(part)

    inside = found[found >= 0]
    assert chisquare([len(inside), len(UNITS) - len(inside)], [20_000, 180_000]).pvalue > 0.001
    assert chisquare(np.bincount(inside)).pvalue > 0.001


@pytest.mark.parametrize(
    "other",
    [
        {"name": "search", "layer": "second"},
        {"name": "home", "experiment_version": 2},
        {"name": "elsewhere"},
    ],
    ids=["another layer", "another version", "another experiment"],
)
def test_what_one_assignment_is_says_nothing_of_another(other):
    table = np.zeros((2, 2))
    np.add.at(table, (placed(experiment(), 50_000), placed(experiment(**other), 50_000)), 1)

    assert chi2_contingency(table).pvalue > 0.001


def test_experiments_of_one_layer_have_no_unit_in_common():
    one = experiment("one", first_bucket=0, n_buckets=4000)
    other = experiment("other", first_bucket=4000, n_buckets=6000)

    in_one, in_other = placed(one, 20_000) >= 0, placed(other, 20_000) >= 0
    assert (in_one != in_other).all()


def test_a_unit_stays_where_it_is_in_every_process():
    code = """
from serving.experiments.assignment import bucket
print([bucket("home 1", f"c{number}") for number in range(20)])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == str([bucket("home 1", f"c{number}") for number in range(20)])
    assert [bucket("home 1", unit) for unit in ("c1", "c2", "v1")] == BUCKETS


BUCKETS = [9502, 8042, 6454]
"""Of salt `home 1`: another hash would put everybody into other arms."""


@pytest.mark.parametrize(
    ("unit", "who", "expected"),
    [
        ("customer", Identity(7, "v", "s"), "c7"),
        ("customer", Identity(None, "v", "s"), "vv"),
        ("customer", Identity(None, None, "s"), "ss"),
        ("visitor", Identity(7, "v", "s"), "vv"),
        ("visitor", Identity(7, None, "s"), "ss"),
        ("visitor", Identity(7), "c7"),
        ("customer", Identity(), None),
    ],
)
def test_a_unit_is_the_most_lasting_id_that_is_told(unit, who, expected):
    assert unit_of(unit, who) == expected


def test_every_list_and_the_search_can_be_tried():
    assert {*get_args(Surface)} == {*get_args(Kind), "search"}


def book(*experiments, now=NOW):
    return ExperimentBook(None, lambda: now, by_surface(experiments))


def arm_for(one, name):
    """Some customer who is in an arm."""
    return next(n for n in range(1, 1000) if getattr(arm_of(one, f"c{n}"), "name", "") == name)


def test_a_request_is_in_the_experiments_of_its_place_and_time():
    soon = NOW + dt.timedelta(hours=1)
    running = book(
        experiment("everywhere"),
        experiment("elsewhere", slots=["cart"], layer="second"),
        experiment("later", starts_at=soon, layer="third"),
        experiment("over", ends_at=NOW, layer="fourth"),
        experiment("of-trending", surfaces=["trending"]),
    )

    trial = running.trial("for_you", "home", Identity(1))

    assert [each.experiment.name for each in trial.assigned] == ["everywhere"]
    assert trial.assigned[0].propensity == 0.5
    assert running.trial("for_you", "cart", Identity(1)).assigned[0].experiment.name == "elsewhere"
    assert running.trial("for_you", "home", Identity()) is NO_TRIAL
    assert running.trial("similar", "home", Identity(1)) is NO_TRIAL


def test_layers_are_combined_and_a_stopped_arm_is_served_as_without():
    model_ = experiment("model", ways=({"model": "popular"}, {"model": "popular"}))
    personal = experiment("personal", ways=({"personal": False}, {"personal": False}), layer="b")
    stopped = model_.model_copy(update={"stopped_arms": {"control": "slow", "other": "slow"}})

    trial = book(model_, personal).trial("for_you", None, Identity(1))

    assert trial.way == Treatment(model="popular", personal=False)
    assert [each["name"] for each in trial.told()] == ["model", "personal"]
    assert book(stopped).trial("for_you", None, Identity(1)) is NO_TRIAL


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"))


class Recorder:
    def __init__(self):
        self.rows = []

    def record(self, stream, row):
        self.rows.append((stream, row))


def by_hand(best, customers):
    """A model that offers every customer the same products."""
    return model(
        shortlists=dict.fromkeys(customers, best),
        had={customer: [8] for customer in customers},
        following=links(),
        alike=links(),
    )


@pytest.fixture
def tried(index):
    """Ask under an experiment: `await tried(experiment, customer)` -> (answer, what was recorded)."""

    async def ask(one, customer_id, **options):
        champion, challenger = by_hand([1, 2, 3], [customer_id]), by_hand([4, 5, 6], [customer_id])
        recorder = Recorder()
        trials = RecommendationTrials(
            service=replace(service(index, champion, Features()), champion=Champion("3", champion)),
            experiments=book(one),
            challenger=Champion("4", challenger),
            exposing=Exposing(recorder, lambda: NOW),
        )
        query = RecommendationQuery(type="for_you", customer_id=customer_id, limit=3, **options)
        document = await trials.recommend(query)
        Recommendations.model_validate(document)
        return document, recorder.rows

    return ask


def products(document):
    return [item["product_id"] for item in document["items"]]


@pytest.mark.parametrize(
    ("way", "expected", "version"),
    [
        ({}, [1, 2, 3], "3"),
        ({"model": "champion"}, [1, 2, 3], "3"),
        ({"model": "challenger"}, [4, 5, 6], "4"),
        ({"model": "popular"}, [10, 8, 7], None),
        ({"personal": False}, [10, 8, 7], "3"),
    ],
    ids=str,
)
async def test_an_arm_changes_who_answers(tried, way, expected, version):
    one = experiment(ways=({}, way))

    document, [(stream, row)] = await tried(one, arm_for(one, "other"), session_id="s1")

    assert products(document) == expected
    assert document["experiments"] == [{"name": "home", "arm": "other"}]
    assert (stream, row["model_version"], row["arm"]) == ("exposures", version, "other")


async def test_an_exposure_is_a_row_of_its_log(tried):
    one = experiment(shares=(("control", 2500), ("other", 7500)), experiment_version=3)

    _, [(_, row)] = await tried(one, arm_for(one, "control"), slot="home", visitor_id="v1")

    known = Exposure.model_validate(row | {"date": NOW.date()})
    assert (known.experiment, known.experiment_version, known.propensity) == ("home", 3, 0.25)
    assert (known.unit_id, known.visitor_id) == (f"c{known.customer_id}", "v1")
    assert (known.surface, known.slot, known.occurred_at) == ("for_you", "home", NOW)
    assert known.latency_ms > 0
    assert known.first_product_ids is None


async def test_two_ways_are_one_list_and_each_product_counts_for_one(tried):
    ways = ({}, {"model": "champion", "beside": Treatment(model="challenger")})
    one = experiment(ways=ways)
    customer = arm_for(one, "other")

    document, [(_, row)] = await tried(one, customer)
    again, _ = await tried(one, customer)

    teams = [
        [*map(int, row[name].split(","))] for name in ("first_product_ids", "second_product_ids")
    ]
    assert sorted(products(document)) == sorted(teams[FIRST] + teams[SECOND])
    assert set(teams[FIRST]) <= {1, 2, 3}
    assert set(teams[SECOND]) <= {4, 5, 6}
    assert {len(teams[FIRST]), len(teams[SECOND])} == {1, 2}
    assert [item["rank"] for item in document["items"]] == [1, 2, 3]
    assert products(again) == products(document)


async def test_who_is_in_no_experiment_is_answered_as_ever_and_leaves_no_row(tried):
    none = experiment(n_buckets=1, ways=({"model": "popular"}, {"model": "popular"}))

    document, rows = await tried(none, 1)

    assert (products(document), document["experiments"], rows) == ([1, 2, 3], [], [])
