"""`emporium evaluate` on files of all kinds, from the command to the figures."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from emporium.__main__ import app

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Two tastes: customers take things of one half of the shop, a few a day, never the same again."""
    rng = np.random.default_rng(0)
    lines = ["who,what,at"]
    for user in range(120):
        wanted = rng.permutation(np.arange(user % 2, 60, 2))[:12]
        for place, item in enumerate(wanted):
            day = 1 + int(place * 2 + rng.integers(0, 3))
            lines.append(f"u{user},i{item},2026-01-{day:02}T12:00:00")
    lines.append("u1,,2026-01-02T12:00:00")
    path = tmp_path_factory.mktemp("log") / "events.csv"
    path.write_text("\n".join(lines))
    return path


def evaluated(log, *options):
    """Run the command with nothing but the defaults of each family tried."""
    words = ["evaluate", "--interactions", str(log), "--user", "who", "--item", "what"]
    return RUNNER.invoke(app, [*words, "--seconds", "0", *options])


def test_a_log_with_times_is_cut_by_days_and_the_choice_has_a_reason(log, tmp_path):
    figures = tmp_path / "figures.json"

    result = evaluated(log, "--time", "at", "--json", str(figures))

    assert result.exit_code == 0, result.output
    assert "1 of 1,441 rows left out: no what" in result.output
    assert "judging on the 2 days after day" in result.output
    found = json.loads(figures.read_text())
    chosen, popular = (found["models"][name] for name in (found["chosen"], "popularity"))
    assert chosen["measures"]["ndcg"]["low"] > popular["measures"]["ndcg"]["high"]
    assert found["reason"] in result.output.replace("\n", " ")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "20% of the events of 120 users, at random"),
        (("--time", "at", "--split", "last"), "each user's last event"),
        (("--time", "at", "--split", "weeks"), "--split weeks: say one of days, sessions"),
        (("--time", "when"), "has no column when; it has: who, what, at"),
        (("--time", "at", "--days", "400"), "give a longer log, or another cut"),
    ],
)
def test_what_is_asked_for_is_done_or_said_to_be_impossible(log, options, says):
    result = evaluated(log, *options)

    assert says in result.output
    assert (result.exit_code == 0) is ("FAILED" not in result.output)


def test_another_file_may_judge(log, tmp_path):
    later = tmp_path / "later.csv"
    later.write_text("who,what\nu0,i2\nu0,i4\nu0,i6\nnobody,i1\n" + "u1,i1\nu1,i3\nu1,i5\n")

    result = evaluated(log, "--test", str(later))

    assert result.exit_code == 0, result.output
    assert "the file given" in result.output
