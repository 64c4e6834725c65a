"""A home opened to be read (emporium.home), and running notebooks on one."""

import datetime as dt

import pytest
from typer.testing import CliRunner

from emporium.__main__ import app
from emporium.databases import SetupError
from emporium.home import open_home
from emporium.settings import Settings
from features.schemas.arrow import arrow_schema
from features.schemas.lake import DailyDemand
from jobs.partitions import Partitions


def test_a_home_has_the_days_that_were_derived(tmp_path):
    nothing = arrow_schema(DailyDemand).empty_table()
    for day in (1, 2, 3):
        Partitions(tmp_path / "lake").write(DailyDemand, nothing, dt.date(2024, 5, day))

    home = open_home(Settings(emporium_home=tmp_path))

    assert (home.first_day, home.last_day) == (dt.date(2024, 5, 1), dt.date(2024, 5, 3))
    assert home.index == tmp_path / "index" / "current"


def test_an_empty_home_says_what_to_do(tmp_path):
    with pytest.raises(SetupError, match="has no days: `emporium demo` makes some"):
        open_home(Settings(emporium_home=tmp_path))


def test_notebooks_of_an_empty_home_are_not_run(tmp_path):
    ran = CliRunner().invoke(app, ["notebooks", "run", "1"], env={"EMPORIUM_HOME": str(tmp_path)})

    assert ran.exit_code == 1
    assert "FAILED" in ran.output
    assert "`emporium demo` makes some" in ran.output.replace("\n", " ")
