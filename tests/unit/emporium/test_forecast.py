"""`emporium forecast` on files as people have them (emporium.sales_files, sales_panel, forecasting)."""

import csv
import datetime as dt
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from emporium import forecasting
from emporium.__main__ import app
from emporium.sales_files import SalesNames, read_sales
from emporium.sales_panel import Reading, rhythm_of, sales_panel
from emporium.table_files import TableFileError
from models.forecasting.holidays import holidays_of

NAMES = SalesNames(["product"], "day", "units", price="price", static=["category"], known=["promo"])
ALL = "product,day,units,price,category,promo"


def sales_of(tmp_path, text):
    """The rows of a table written with bars."""
    path = tmp_path / "sales.csv"
    lines = [
        ",".join(cell.strip() for cell in line.split("|")) for line in text.strip().split("\n")
    ]
    path.write_text("\n".join(line for line in lines if "---" not in line))
    return path


def findings(sales):
    table = sales.findings.table()
    return list(zip(table["row"].tolist(), table["reason"], table["done"], strict=True))


def test_every_bad_row_is_told_with_its_reason_and_the_others_are_used(tmp_path):
    path = sales_of(
        tmp_path,
        """
        product | day        | units | price | category | promo
        --------+------------+-------+-------+----------+------
        a       | 2024-01-01 | 2     | 10    | toys     | 0
        a       | 2024-01-02 | -3    | 10    | toys     | 0
        a       | 2024-01-03 | many  | 10    | toys     | 0
        a       | 31 Foo     | 2     | 10    | toys     | 0
                | 2024-01-04 | 2     | 10    | toys     | 0
        a       | 2024-01-05 | 2     | 10    | games    | 0
        a       | 2024-01-06 | 2     | 900   | toys     | 0
        a       | 2024-01-07 | 2     | 0     | toys     | 0
        """,
    )

    sales = read_sales(path, NAMES)

    assert findings(sales) == [
        (2, "units is negative", "left out"),
        (3, "units is no number", "left out"),
        (4, "day is no date", "left out"),
        (5, "no product", "left out"),
        (6, "another category than most rows of its series", "taken as theirs"),
        (7, "price is 5 times its series' median, or a fifth: another currency?", "used without a price"),
        (8, "price is not above 0", "used without a price"),
    ]  # fmt: skip
    assert sales.rows["value"].tolist() == [2, 2, 2, 2]
    assert sales.rows["static_category"].tolist() == ["toys"] * 4


def test_rows_become_a_panel_and_those_without_units_are_plans(tmp_path):
    path = sales_of(
        tmp_path,
        """
        product | day        | units | price | category | promo
        --------+------------+-------+-------+----------+------
        b       | 2024-01-01 | 1     | 4     | toys     | 0
        b       | 2024-01-01 | 3     | 8     | toys     | 0
        b       | 2024-01-03 | 0     | 7     | toys     | 0
        a       | 2024-01-02 | 5     | 10    | games    | 1
        b       | 2024-01-04 |       | 6     | toys     | 1
        """,
    )
    sales = read_sales(path, NAMES)

    found = sales_panel(sales, NAMES, Reading(), horizon=2)

    panel = found.panel
    assert found.keys["product"].tolist() == ["a", "b"]
    assert panel.units.tolist() == [[0, 5, 0], [4, 0, 0]]
    assert panel.seen.tolist() == [[0, 1, 0], [1, 0, 1]]
    assert panel.known["price"].tolist() == [[10, 10, 10, 10, 10], [7, 7, 7, 6, 6]]
    assert panel.known["promo"].tolist() == [[1, 1, 1, 1, 1], [0, 0, 0, 1, 0]]
    assert panel.codes["category"].tolist() == [0, 1]
    assert found.label(1) == "2024-01-04"
    assert (0, "one period only", "foreseen like its kind") in findings(sales)


def test_one_slip_of_a_date_makes_no_panel_of_centuries(tmp_path):
    path = tmp_path / "sales.csv"
    days = [f"2024-01-{day:02d}" for day in range(1, 29)]
    path.write_text(
        "product,day,units\n" + "".join(f"a,{day},2\n" for day in [*days, "2204-01-29"])
    )
    names = SalesNames(["product"], "day", "units")
    sales = read_sales(path, names)

    assert findings(sales) == [(29, "day is far from all others", "left out")]
    assert sales_panel(sales, names, Reading(), 1).panel.n_periods == 28


@pytest.mark.parametrize(("gaps", "seen"), [("zero", [1, 1, 1]), ("missing", [1, 0, 1])])
def test_a_gap_is_no_sale_or_not_known_as_one_says(tmp_path, gaps, seen):
    path = sales_of(
        tmp_path,
        f"""
        {ALL.replace(",", "|")}
        a | 2024-01-01 | 1 | 4 | toys | 0
        a | 2024-01-03 | 1 | 4 | toys | 0
        """,
    )

    found = sales_panel(read_sales(path, NAMES), NAMES, Reading(gaps=gaps), 1)

    assert found.panel.seen.tolist() == [seen]


def test_weeks_are_known_by_their_distance_and_end_on_the_last_day(tmp_path):
    path = tmp_path / "sales.csv"
    days = ["2024-01-03", "2024-01-10", "2024-01-24"]
    path.write_text("product,day,units\n" + "\n".join(f"a,{day},2" for day in days))
    names = SalesNames(["product"], "day", "units")
    sales = read_sales(path, names)

    found = sales_panel(sales, names, Reading(gaps="zero"), 1)

    assert found.panel.rhythm.name == "W"
    assert found.panel.units.tolist() == [[2, 2, 0, 2]]
    assert found.label(1) == "2024-01-31"


@pytest.mark.parametrize(
    ("days", "units", "rhythm", "first", "next_label"),
    [
        (["2023-11-01", "2023-12-01", "2024-02-01"], [2, 2, 0, 2], "M", "2023-11-01", "2024-03"),
        (["2023-12-31", "2024-01-31", "2024-02-29"], [2, 2, 2], "M", "2023-12-01", "2024-03"),
        (["2023-07-01", "2023-10-01", "2024-01-01"], [2, 2, 2], "Q", "2023-05-01", "2024-04"),
        (["2024-01-03", "2024-02-07", "2024-03-06"], [2] + 4 * [0] + [2] + 3 * [0] + [2], "W", "2023-12-28", "2024-03-13"),
    ],
    ids=["first days", "last days", "quarters", "neither"],
)  # fmt: skip
def test_months_are_known_by_their_first_or_last_days(
    tmp_path, days, units, rhythm, first, next_label
):
    path = tmp_path / "sales.csv"
    path.write_text("product,day,units\n" + "\n".join(f"a,{day},2" for day in days))
    names = SalesNames(["product"], "day", "units")

    found = sales_panel(read_sales(path, names), names, Reading(gaps="zero"), 1)

    assert found.panel.rhythm.name == rhythm
    assert found.panel.units.tolist() == [units]
    assert str(found.panel.date_of(0)) == first
    assert found.label(1) == next_label


def test_days_are_summed_to_months_and_one_that_has_not_ended_is_left_out(tmp_path):
    path = tmp_path / "sales.csv"
    days = ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01", "2024-03-02"]
    path.write_text("product,day,units\n" + "\n".join(f"a,{day},2" for day in days))
    names = SalesNames(["product"], "day", "units")
    sales = read_sales(path, names)

    found = sales_panel(sales, names, Reading("M"), 1)

    assert found.panel.units.tolist() == [[4, 4]]
    assert found.label(1) == "2024-03"
    told = [
        (5, "a month that has not ended", "left out"),
        (6, "a month that has not ended", "left out"),
    ]
    assert findings(sales) == told


def test_a_price_with_a_currencys_sign_is_told_as_no_number(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("product,day,units,cost\na,2024-01-01,2,$3\na,2024-01-02,2,4\n")

    sales = read_sales(path, SalesNames(["product"], "day", "units", price="cost"))

    assert findings(sales) == [(1, "cost is no number", "used without it")]
    assert sales.rows["value"].tolist() == [2, 2]


def test_dates_that_nobody_can_read_are_shown_with_what_to_do(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("product,day,units\na,first of May,2\n")

    with pytest.raises(TableFileError, match="dates look like 'first of May': say how to read"):
        read_sales(path, SalesNames(["product"], "day", "units"))


def test_numbers_of_weeks_are_dates_once_one_says_so(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("product,week,units\na,40,2\na,42,3\n")
    names = SalesNames(["product"], "week", "units")
    sales = read_sales(path, names)

    found = sales_panel(sales, names, Reading("W", "zero"), 1)

    assert found.panel.units.tolist() == [[2, 0, 3]]
    assert found.label(2) == "44"
    with pytest.raises(TableFileError, match="say --freq D, W, M or Q"):
        rhythm_of(sales.rows, "auto", numbered=True)


def test_dates_of_eight_digits_are_days(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("product,day,units\na,20240228,2\na,20240301,3\n")
    names = SalesNames(["product"], "day", "units")

    found = sales_panel(read_sales(path, names), names, Reading(gaps="zero"), 1)

    assert found.panel.units.tolist() == [[2, 0, 3]]


def test_time_out_of_stock_is_a_share_of_what_one_says(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(
        "product,day,units,hours\na,2024-01-01,2,6\na,2024-01-02,3,0\na,2024-01-03,3,30\n"
    )
    names = SalesNames(["product"], "day", "units", hidden="hours", hidden_of=24)
    sales = read_sales(path, names)

    found = sales_panel(sales, names, Reading(), 1)

    assert found.panel.seen.tolist() == [[0.75, 1, 1]]
    assert findings(sales)[0][1] == "hours is not from 0 to 24: see --hidden-of"


@pytest.fixture
def shop(tmp_path):
    """12 products in two stores over 12 weeks of days; one never sells, one began yesterday."""
    rng = np.random.default_rng(0)
    path = tmp_path / "shop.csv"
    days = np.datetime64("2024-01-01") + np.arange(84)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "store", "day", "qty", "kind"])
        for product in range(12):
            week = np.where(np.arange(84) % 7 == 5, 9, 3) * (product > 0)
            first = 83 if product == 1 else 0
            for day, units in list(zip(days, rng.poisson(week), strict=True))[first:]:
                writer.writerow([f"p{product}", f"s{product % 2}", day, units, product % 3])
        writer.writerow(["p2", "s0", "2024-02-30", 5, 2])
    return path


def command(*options):
    return CliRunner().invoke(app, ["forecast", *map(str, options)])


def test_the_command_judges_foresees_and_writes(shop, tmp_path):
    out, bad, figures = tmp_path / "out.csv", tmp_path / "bad.csv", tmp_path / "figures.json"

    ran = command(
        "--sales", shop, "--series", "sku", "--series", "store", "--date", "day", "--value", "qty",
        "--static", "kind", "--horizon", 7, "--out", out, "--bad-rows", bad, "--json", figures,
    )  # fmt: skip

    assert ran.exit_code == 0, ran.output
    with out.open() as file:
        rows = list(csv.DictReader(file))
    with bad.open() as file:
        reasons = {row["series"]: row["reason"] for row in csv.DictReader(file)}
    scores = json.loads(figures.read_text())["models"]
    assert len(rows) == 12 * 7
    assert all(float(row["p10"]) <= float(row["p50"]) <= float(row["p90"]) for row in rows)
    assert scores["emporium"]["wape"] < 0.9 * scores["seasonal_naive"]["wape"]
    assert reasons == {
        "p2 / s0": "day is no date", "p0 / s0": "never sold", "p1 / s1": "one period only",
    }  # fmt: skip
    new = [float(row["mean"]) for row in rows if row["sku"] == "p1"]
    assert all(mean > 0.5 for mean in new)


def test_a_file_of_one_day_says_that_it_is_too_short(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("sku,day,qty\na,2024-01-01,3\n")

    ran = command("--sales", path, "--series", "sku", "--date", "day", "--value", "qty")

    assert ran.exit_code == 1
    assert "1 days are too few: bring 4 or more" in ran.output


def test_ten_days_are_foreseen_by_what_learns_from_so_few(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("sku,day,qty\n" + "\n".join(f"a,2024-01-{day:02d},5" for day in range(1, 11)))

    ran = command("--sales", path, "--series", "sku", "--date", "day", "--value", "qty")

    assert ran.exit_code == 0, ran.output
    assert "10 days" in ran.output


def test_holidays_of_a_table_are_of_one_country(shop, tmp_path):
    path = tmp_path / "days.csv"
    path.write_text("date,name,country\n2024-03-29,Good Friday,DE\n2024-03-25,Annunciation,LI\n")
    names = SalesNames(["sku", "store"], "day", "qty")
    wishes = forecasting.Wishes(7, "auto", "auto", "absolute", None, 0)
    files = forecasting.Files(shop, names, None, None, None, path, "DE")

    _, found = forecasting.read(files, wishes)

    assert found.panel.holidays == holidays_of([(dt.date(2024, 3, 29), "Good Friday")])


@pytest.mark.parametrize(
    ("options", "text", "message"),
    [
        (["--country", "DE"], "", "name the table of holidays by --holidays"),
        (["--holidays", "none.csv"], "", "there is no such file"),
        (["--holidays", "days.csv"], "day,name\n2024-03-29,a", "has no column date"),
        (["--holidays", "days.csv"], "date,name\nsoon,a", "row 1: soon is no date"),
    ],
)
def test_a_calendar_that_cannot_be_used_says_why(
    shop, tmp_path, monkeypatch, options, text, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "days.csv").write_text(text)

    ran = command("--sales", shop, "--series", "sku", "--date", "day", "--value", "qty", *options)

    assert ran.exit_code == 1
    assert message in ran.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--value", "pieces"], "has no column pieces"),
        (["--value", "qty", "--loss", "odd"], "choose absolute, squared, relative"),
        (["--value", "qty", "--freq", "Y"], "choose auto, D, W, M, Q"),
        (["--value", "kind", "--horizon", 7, "--out", "x.xlsx"], "ends in .csv or .parquet"),
        (["--value", "qty", "--test-periods", 100], "need more than 200"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(shop, options, message):
    ran = command("--sales", shop, "--series", "sku", "--date", "day", *options)

    assert ran.exit_code == 1
    assert message in ran.output
