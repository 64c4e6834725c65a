"""`emporium models sweep` on a file and on a lake, every trial in MLflow (emporium.sweeping, models.registry)."""

import datetime as dt
import io

import numpy as np
import pytest
from mlflow import MlflowClient
from rich.console import Console
from typer.testing import CliRunner

from emporium import sweeping
from emporium.__main__ import app
from features.schemas.lake import Interaction
from features.schemas.logs import ProductVersion
from jobs.partitions import Partitions
from models.evaluation.sweep import Plan
from models.families import families
from models.retrieval.item_neighbours import ItemNeighboursRetriever
from tests.live.test_training import interaction, product, publish

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]
LAST = dt.date(2026, 1, 31)
RUNNER = CliRunner()


@pytest.fixture(scope="module")
def mlflow_uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """Two tastes: a few things a day of one half of the shop, never the same again."""
    rng = np.random.default_rng(0)
    lines = ["who,what,at"]
    for user in range(120):
        wanted = rng.permutation(np.arange(user % 2, 60, 2))[:12]
        lines += [f"u{user},i{item},2026-01-{1 + 2 * n:02}" for n, item in enumerate(wanted)]
    path = tmp_path_factory.mktemp("log") / "events.csv"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A lake of users who want the even items or the odd ones, and buy one every few days."""
    home, rng = tmp_path_factory.mktemp("home"), np.random.default_rng(0)
    lake = Partitions(home / "lake")
    days = [LAST - dt.timedelta(days=n) for n in range(70)][::-1]
    publish(
        lake, ProductVersion, [product(item, f"thing {item}", days[0]) for item in range(1, 40)]
    )
    bought = {
        (user, int(rng.choice(range(1 + user % 2, 40, 2))), day)
        for day in days
        for user in range(1, 100)
        if rng.random() < 0.15
    }
    publish(lake, Interaction, [interaction(*each, n_purchases=1) for each in sorted(bought)])
    return home


def runs_of(uri, family):
    """Return the newest sweep of a family and the runs below it, the first trial first."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(sweeping.EXPERIMENT).experiment_id
    runs = client.search_runs([experiment])
    parent = next(run for run in runs if run.data.params.get("family") == family)
    below = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    return parent, sorted(below, key=lambda run: int(run.info.run_name.split()[1]))


def swept(events, uri, *options):
    words = ["models", "sweep", "--interactions", str(events), "--user", "who", "--item", "what"]
    return RUNNER.invoke(app, [*words, "--time", "at", "--mlflow", uri, *options])


def test_a_file_is_swept_and_every_trial_is_a_run_below_the_sweeps(events, mlflow_uri):
    result = swept(events, mlflow_uri, "--family", "graph_filter", "--trials", "6")

    assert result.exit_code == 0, result.output
    parent, below = runs_of(mlflow_uri, "graph_filter")
    assert [run.info.run_name for run in below] == [f"trial {n}" for n in range(6)]
    assert below[0].data.params["target_exponent"] == "0.3"  # the default comes first
    values = [run.data.metrics["ndcg"] for run in below]
    assert parent.data.metrics["best_ndcg"] == max(values)
    best = below[values.index(max(values))]
    assert {
        f"best.{k}": v for k, v in best.data.params.items()
    }.items() <= parent.data.params.items()
    assert parent.info.status == "FINISHED"
    assert "the best of 6 trials" in result.output
    assert "default" in result.output


def test_a_trial_that_fails_is_a_failed_run_and_the_others_go_on(events, mlflow_uri, monkeypatch):
    fit = ItemNeighboursRetriever.fit

    def fails_by_bm25(self, histories, items):
        if self.weighting == "bm25":
            raise MemoryError("too many neighbours")
        return fit(self, histories, items)

    monkeypatch.setattr(ItemNeighboursRetriever, "fit", fails_by_bm25)

    result = swept(events, mlflow_uri, "--family", "item_neighbours", "--trials", "4")

    assert result.exit_code == 0, result.output
    parent, below = runs_of(mlflow_uri, "item_neighbours")
    by_weighting = {(run.data.params["weighting"], run.info.status) for run in below}
    assert by_weighting == {("cosine", "FINISHED"), ("bm25", "FAILED")}
    failed = next(run for run in below if run.info.status == "FAILED")
    assert failed.data.tags["mlflow.note.content"] == "MemoryError: too many neighbours"
    assert parent.data.metrics["n_failed"] == sum(r.info.status == "FAILED" for r in below)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--family", "magic"), "--family magic: say one of recent_popularity, item_neighbours"),
        (("--family", "words"), "words can't be tried: no text is known"),
        (("--family", "als", "--time", "when"), "has no column when"),
        (("--family", "als", "--split", "weeks"), "--split weeks: say one of"),
    ],
)
def test_what_cannot_be_swept_is_said_in_a_sentence(events, mlflow_uri, options, says):
    result = swept(events, mlflow_uri, *options)

    assert (result.exit_code, says in result.output) == (1, True), result.output


def test_the_shops_lake_is_swept_before_the_days_that_judge(home, mlflow_uri):
    out = io.StringIO()
    work = sweeping.of_shop(sweeping.Asked("als", Plan(3, 600, 0), None), home, None)

    made = sweeping.run(work, Plan(3, 600, 0), mlflow_uri, Console(file=out, width=200))

    assert made[0].params["n_factors"] == 64  # what is trained every night comes first
    # 14 days judge, and the 14 before them choose
    assert work.problem.holdout.rule == "new purchases after 2026-01-03, up to 2026-01-17"
    assert len(runs_of(mlflow_uri, "als")[1]) == 3
    assert f"als on the shop's lake up to {LAST - dt.timedelta(days=14)}" in out.getvalue()


def test_a_day_that_is_none_is_said_in_a_sentence(mlflow_uri):
    words = ["models", "sweep", "--family", "als", "--date", "today", "--mlflow", mlflow_uri]

    result = RUNNER.invoke(app, words)

    assert (result.exit_code, "--date today: say it as YYYY-MM-DD" in result.output) == (1, True)


def test_an_empty_home_says_what_to_run(tmp_path):
    asked = sweeping.Asked("als", Plan(1, 1, 0), None)

    with pytest.raises(sweeping.SweepError, match="`emporium demo` makes some"):
        sweeping.of_shop(asked, tmp_path, None)


def test_a_sweep_that_is_stopped_is_a_failed_run_with_what_it_had(events, mlflow_uri, monkeypatch):
    def stops_after_two(problem, family, space, plan, tell):
        sweep(problem, family, space, Plan(2, 600, 0), tell)
        raise KeyboardInterrupt

    sweep = sweeping.sweep
    monkeypatch.setattr(sweeping, "sweep", stops_after_two)

    swept(events, mlflow_uri, "--family", "successors")

    parent, below = runs_of(mlflow_uri, "successors")
    assert (parent.info.status, len(below)) == ("FAILED", 2)
    assert "best_ndcg" in parent.data.metrics


def test_every_family_that_can_be_swept_is_known_by_name():
    known = {family.name for family in families()}

    assert {sweeping.family_of(name).name for name in sweeping.SPACES} <= known
