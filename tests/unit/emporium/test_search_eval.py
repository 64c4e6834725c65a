"""`emporium search-eval` on files by hand."""

import json

import pytest
from typer.testing import CliRunner

from emporium.__main__ import app
from emporium.search_files import JudgmentNames, ProductNames, read_judgments, read_products
from emporium.table_files import TableFileError

PRODUCTS = """
sku;name;text;maker;colour
a1;Desk lamp;Warm light;Lumo;red
a2;Floor lamp;;Lumo;
a3;Desk clock;Silent;Tock;blue
a3;Desk clock again;;;
;No id;;;
a4;;No title;;
"""
JUDGMENTS = """
query,sku,stars
desk lamp,a1,3
desk lamp,a2,1
blue,a3,2
blue,a9,2
garage,a1,0
"""


@pytest.fixture
def files(tmp_path):
    products, judgments = tmp_path / "products.csv", tmp_path / "judgments.csv"
    products.write_text(PRODUCTS.lstrip())
    judgments.write_text(JUDGMENTS.lstrip())
    return products, judgments


def command(files, *more):
    products, judgments = map(str, files)
    columns = ["--id", "sku", "--title", "name", "--description", "text", "--brand", "maker"]
    columns += ["--attributes", "text,colour", "--product", "sku", "--grade", "stars"]
    options = ["--products", products, "--judgments", judgments, *columns, *more]
    return CliRunner().invoke(app, ["search-eval", *options])


def test_both_searches_are_judged_by_the_same_queries(files, tmp_path):
    ran = command(files, "--json", str(tmp_path / "figures.json"))

    assert ran.exit_code == 0, ran.output
    assert "3 products, 3 queries; 1 grades left out" in ran.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert set(figures) == {"plain BM25", "shop"}
    assert figures["shop"]["queries"] == {
        "desk lamp": {"ndcg": 1.0, "recall": 1.0},
        "blue": {"ndcg": 1.0, "recall": 1.0},
    }


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--title", "label"), "no column label"),
        (("--grade", "query"), "query has to be a whole number"),
        (("--product", "query"), "are the ids alike"),
    ],
)
def test_what_cannot_be_judged_is_said_with_what_to_do(files, more, says):
    ran = command(files, *more)

    assert ran.exit_code == 1
    assert says in ran.output


def test_the_first_of_an_id_counts_and_what_lacks_id_or_title_is_left_out(files):
    documents, numbers = read_products(files[0], ProductNames("sku", "name", brand="maker"))

    assert numbers == {"a1": 1, "a2": 2, "a3": 3}
    assert [each["title"] for each in documents] == ["Desk lamp", "Floor lamp", "Desk clock"]


@pytest.mark.parametrize(("grade", "says"), [("500", "not 0 to 20"), ("0.5", "whole number")])
def test_grades_that_are_none_are_refused(files, grade, says):
    files[1].write_text(f"query,sku,stars\nlamp,a1,{grade}\n")

    with pytest.raises(TableFileError, match=says):
        read_judgments(files[1], JudgmentNames("query", "sku", "stars"), {"a1": 1})
