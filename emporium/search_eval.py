"""`emporium search-eval`: how well the shop's search finds what people graded, beside plain BM25."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from emporium.documents import JsonFile, aside
from emporium.evaluate import WIDTH
from models.search.languages import Language


def search_eval(  # noqa: PLR0913, PLR0917 - one parameter per option
    products: Annotated[Path, typer.Option(help="the catalogue: .parquet, .csv, .tsv, .jsonl")],
    judgments: Annotated[Path, typer.Option(help="graded queries, a row for each product")],
    product_id: Annotated[
        str, typer.Option("--id", help="the catalogue's column of the id")
    ] = "id",
    title: Annotated[str, typer.Option(help="its column of the title")] = "title",
    description: Annotated[str | None, typer.Option(help="of the description")] = None,
    brand: Annotated[str | None, typer.Option(help="of the brand")] = None,
    category: Annotated[str | None, typer.Option(help="of the category's path")] = None,
    attributes: Annotated[
        str, typer.Option(help="of a JSON object, or several columns with commas between")
    ] = "",
    query: Annotated[str, typer.Option(help="the judgments' column of the query")] = "query",
    product: Annotated[str, typer.Option(help="of the product's id")] = "product",
    grade: Annotated[str, typer.Option(help="of the grade, 0 for not relevant")] = "grade",
    language: Annotated[
        Language, typer.Option(help="whose word endings the catalogue and queries have")
    ] = "english",
    k: Annotated[int, typer.Option(help="places of a list that count", min=1, max=100)] = 10,
    json_file: JsonFile = None,
) -> None:
    """Judge the shop's search by graded queries on any catalogue: nDCG@k and recall@100."""
    # Arrow, numpy and Tantivy take a second to load, which no other command needs to wait for.
    from emporium import search_evaluation  # noqa: PLC0415
    from emporium.search_files import JudgmentNames, ProductNames  # noqa: PLC0415

    columns = tuple(name for name in attributes.split(",") if name)
    names = ProductNames(product_id, title, description, brand, category, columns)
    files = search_evaluation.Files(
        products, names, judgments, JudgmentNames(query, product, grade), language
    )
    search_evaluation.run(
        files,
        k,
        json_file,
        aside(Console(highlight=False, soft_wrap=True, width=WIDTH), json_file),
    )
