"""Quarantine, quality and experiments as the lake has them."""

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.schemas.arrow import arrow_schema
from features.schemas.lake import ExperimentResult, QualityFinding

DAY = dt.date(2026, 3, 1)


def write(home, layer, table, day, rows, schema=None):
    folder = home / "lake" / layer / table / f"date={day}"
    folder.mkdir(parents=True)
    table = pa.Table.from_pylist(rows, schema)
    pq.write_table(table.drop_columns(["date"]) if schema else table, folder / "part-0.parquet")


def refuse(home, table, day, *reasons):
    rows = [
        {"event_id": f"e{n}", "body": "x" * n, "reasons": list(why)}
        for n, why in enumerate(reasons)
    ]
    write(home, "quarantine", table, day, rows)


def finding(subject, value, is_breached):
    since = DAY if is_breached else None
    return {
        "alert": "drift", "subject": subject, "model": "data", "value": value, "bound": 0.25,
        "is_breached": is_breached, "since": since, "sentence": f"{subject} moved", "date": DAY,
    }  # fmt: skip


async def test_refused_rows_are_counted_by_log_day_and_reason(ask, tmp_path):
    refuse(tmp_path, "reviews", DAY, ["rating"], ["rating", "stars"])
    refuse(tmp_path, "clickstream", DAY - dt.timedelta(days=1), ["session"])
    nothing = pa.schema([("reasons", pa.list_(pa.string())), ("date", pa.date32())])
    write(tmp_path, "quarantine", "order_lines", DAY, [], nothing)

    days = (await ask("GET", "/quarantine")).json()["days"]

    assert [(each["table"], each["n_rows"]) for each in days] == [
        ("reviews", 2),
        ("clickstream", 1),
    ]
    assert days[0]["reasons"] == [
        {"reason": "rating", "n_rows": 2},
        {"reason": "stars", "n_rows": 1},
    ]


async def test_refused_rows_are_shown_as_they_came_and_paged(ask, tmp_path):
    refuse(tmp_path, "reviews", DAY, ["rating"], ["stars"], ["rating", "stars"], ["rating"])

    path = f"/quarantine/reviews?day={DAY}&reason=rating&limit=2"
    first = (await ask("GET", path)).json()
    last = (await ask("GET", f"{path}&cursor={first['next_cursor']}")).json()

    assert [each["values"]["event_id"] for each in first["rows"]] == ["e0", "e2"]
    assert first["rows"][1]["reasons"] == ["rating", "stars"]
    assert [each["values"]["event_id"] for each in last["rows"]] == ["e3"]
    assert last["next_cursor"] is None


async def test_a_long_value_is_cut(ask, tmp_path):
    write(tmp_path, "quarantine", "reviews", DAY, [{"body": "x" * 5_000, "reasons": ["length"]}])

    [row] = (await ask("GET", f"/quarantine/reviews?day={DAY}")).json()["rows"]

    assert row["values"]["body"] == "x" * 1_000 + "…"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/quarantine/secrets?day=2026-03-01", 404),
        ("/quarantine/..%2f..?day=2026-03-01", 404),
        ("/quarantine/reviews?day=today", 422),
        ("/quarantine/reviews", 422),
        ("/quarantine/reviews?day=2026-03-01&limit=1000", 422),
        ("/quarantine/reviews?day=2026-03-01&cursor=abc", 400),
        ("/quarantine?days=1000", 422),
    ],
)
async def test_what_cannot_be_read_is_a_problem(ask, path, status):
    assert (await ask("GET", path)).status_code == status


async def test_the_newest_figures_come_with_the_breaches_first_and_with_their_history(
    ask, tmp_path
):
    schema = arrow_schema(QualityFinding)
    before = DAY - dt.timedelta(days=1)
    write(tmp_path, "derived", "quality_findings", before, [finding("price", 0.1, False)], schema)
    newest = [finding("brand", 0.1, False), finding("price", 0.5, True)]
    write(tmp_path, "derived", "quality_findings", DAY, newest, schema)

    told = (await ask("GET", "/quality")).json()

    assert told["day"] == str(DAY)
    assert [(each["subject"], each["is_breached"]) for each in told["findings"]] == [
        ("price", True),
        ("brand", False),
    ]
    assert [each["n_breached"] for each in told["history"]] == [0, 1]


async def test_before_anything_was_watched_there_is_nothing(ask):
    assert (await ask("GET", "/quality")).json() == {"day": None, "findings": [], "history": []}
    assert (await ask("GET", "/quarantine")).json() == {"days": []}
    assert (await ask("GET", "/experiments/boost")).json()["results"] == []


async def test_an_experiments_newest_figures_are_of_its_newest_version(ask, tmp_path):
    nothing = dict.fromkeys(arrow_schema(ExperimentResult).names)
    rows = [
        {**nothing, "experiment": name, "experiment_version": version, "arm": "control",
         "metric": "ctr", "is_control": True, "n_units": 10, "mismatch_p_value": 1.0,
         "verdict": "control", "date": DAY}
        for name, version in (("boost", 1), ("boost", 2), ("other", 9))
    ]  # fmt: skip
    write(tmp_path, "derived", "experiment_results", DAY, rows, arrow_schema(ExperimentResult))

    told = (await ask("GET", "/experiments/boost")).json()

    assert (told["day"], told["experiment_version"], len(told["results"])) == (str(DAY), 2, 1)
