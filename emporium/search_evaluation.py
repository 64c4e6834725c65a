"""Judging the shop's search on anybody's catalogue and graded queries, beside plain BM25."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from emporium import outcome
from emporium.documents import write_document
from emporium.search_files import JudgmentNames, ProductNames, read_judgments, read_products
from models.evaluation.intervals import gain, interval
from models.search.index import LANGUAGE, MANIFEST, Index
from models.search.judgments import Judged, judged
from models.search.languages import ENGLISH, Language
from models.search.plain import PlainIndex
from models.search.query import Search
from models.search.wishes import NO_WISHES, Wishes
from models.search.writing import write_shard

N_SHARDS = 2
DEPTH = 100
N_WORST = 5
PLAIN, SHOP = "plain BM25", "shop"


@dataclass(frozen=True)
class Files:
    """What to read."""

    products: Path
    product_names: ProductNames
    judgments: Path
    judgment_names: JudgmentNames
    language: Language = ENGLISH


def run(files: Files, k: int, json_file: Path | None, console: Console) -> None:
    """Judge both searches and show what came out."""
    try:
        documents, numbers = read_products(files.products, files.product_names)
        found = read_judgments(files.judgments, files.judgment_names, numbers)
        console.print(
            f"{len(documents):,} products, {len(found.grades):,} queries; "
            f"{found.n_unknown:,} grades left out: the catalogue lacks their products"
        )
        with console.status("indexing the products and asking both searches"):
            reports = compared(documents, found.grades, k, files.language)
    except ValueError as error:
        console.print(f"FAILED: {error}", style="bold", markup=False)
        raise typer.Exit(1) from error
    show(console, reports, k)
    write_document(figures(reports), json_file)


def compared(
    documents: Sequence[Mapping[str, Any]],
    judgments: Mapping[str, Mapping[int, int]],
    k: int,
    language: Language = ENGLISH,
) -> dict[str, Judged]:
    """Return what plain BM25 and the shop's search come to on the same queries.

    Raises
    ------
    ValueError
        If no query has anything relevant.
    """
    plain = PlainIndex.of(documents)
    with indexed(documents, language) as index:
        searches: dict[str, Callable[[str], list[int]]] = {
            PLAIN: lambda text: plain.search(text, DEPTH),
            SHOP: lambda text: shop_list(index, text),
        }
        return {
            name: judged({text: search(text) for text in judgments}, judgments, k)
            for name, search in searches.items()
        }


def shop_list(index: Index, text: str, wishes: Wishes = NO_WISHES) -> list[int]:
    """Return the ids that the shop's search answers, best first."""
    found = index.search(Search(text), 0, DEPTH, wishes, facets=())
    return [each["product_id"] for each in found.documents]


@contextmanager
def indexed(
    documents: Sequence[Mapping[str, Any]], language: Language = ENGLISH
) -> Iterator[Index]:
    """Write the index that the shop would, and open it."""
    with tempfile.TemporaryDirectory(prefix="search-") as name:
        folder = Path(name)
        shards = [f"shard-{number}" for number in range(N_SHARDS)]
        for number, shard in enumerate(shards):
            write_shard(folder / shard, documents[number::N_SHARDS], language)
        (folder / MANIFEST).write_text(
            json.dumps({"date": "-", "shards": shards, LANGUAGE: language})
        )
        yield Index.open(folder)


def show(console: Console, reports: Mapping[str, Judged], k: int) -> None:
    """Print the measures with their intervals, the difference, and where the shop's search is worst."""
    rows: dict[str, dict[str, str | float]] = {
        name: {
            f"ndcg@{k}": _with_interval(each.ndcg),
            f"recall@{DEPTH}": _with_interval(each.recall),
        }
        for name, each in reports.items()
    }
    console.print(
        outcome.matrix(f"{len(reports[SHOP].queries)} queries with anything to find", rows)
    )
    better = gain(reports[SHOP].ndcg, reports[PLAIN].ndcg)
    console.print(
        f"ndcg@{k} of {SHOP} over {PLAIN}: {better.mean:+.4f} [{better.low:+.4f}, {better.high:+.4f}]",
        markup=False,
    )
    of_shop = sorted(zip(reports[SHOP].ndcg.tolist(), reports[SHOP].queries, strict=True))
    worst = ", ".join(f"{query!r} {value:.2f}" for value, query in of_shop[:N_WORST])
    console.print(f"worst: {worst}", markup=False)


def _with_interval(values: Any) -> str:  # noqa: ANN401 - an array
    each = interval(values)
    return f"{each.mean:.4f} ±{(each.high - each.low) / 2:.4f}"


def figures(reports: Mapping[str, Judged]) -> dict[str, Any]:
    """Return everything as JSON."""
    return {
        name: {
            "ndcg": asdict(interval(each.ndcg)),
            "recall": asdict(interval(each.recall)),
            "queries": {
                query: {"ndcg": ndcg, "recall": recall}
                for query, ndcg, recall in zip(
                    each.queries, each.ndcg.tolist(), each.recall.tolist(), strict=True
                )
            },
        }
        for name, each in reports.items()
    }
