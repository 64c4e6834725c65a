"""Search on a catalogue with graded queries: the shop's beside plain BM25, in one run.

python -m bench.search --data-dir FOLDER [--json FILE]

`icecat_search` of the folder: 19,406 products, 135 queries. Nothing of the search was fitted to these
queries: weights and rules are those that the shop has. `aim` is ours.
"""

from pathlib import Path

from bench.table import Figure, parser, report
from emporium.search_evaluation import PLAIN, SHOP, compared
from emporium.search_files import JudgmentNames, ProductNames, read_judgments, read_products

PRODUCTS = ProductNames("id", "title", "short_description", "supplier", attributes=("attributes",))
JUDGMENTS = JudgmentNames("query", "docid", "rating")
K = 10


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--data-dir", type=Path, required=True, help="folder of the data sets")
    arguments = options.parse_args()
    folder = arguments.data_dir / "icecat_search"
    documents, numbers = read_products(folder / "products.parquet", PRODUCTS)
    found = read_judgments(folder / "Broad_Query_Set_rated.parquet", JUDGMENTS, numbers)
    reports = compared(documents, found.grades, K)
    shop, plain = reports[SHOP], reports[PLAIN]
    report(
        [
            Figure("queries with anything to find", len(shop.queries), "queries"),
            Figure("nDCG@10, aim 74", 100 * shop.ndcg.mean(), "%", 100 * plain.ndcg.mean()),
            Figure("recall@100, aim 90", 100 * shop.recall.mean(), "%", 100 * plain.recall.mean()),
        ],
        arguments.json,
    )


if __name__ == "__main__":
    main()
