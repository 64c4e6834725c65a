"""Search on a catalogue with graded queries: the shop's beside plain BM25, in one run.

python -m bench.search --data-dir FOLDER [--json FILE]

`icecat_search` of the folder: 19,406 products, 135 queries. No weight was fitted to these queries;
rules were written with their kinds in view (compounds, misspelt words, model numbers). Variants of
the queries are planted by `--seed`: one sign wrong, missing, too many, or two in the other order in a
word of five letters or more; and model numbers with their sign moved. Their reference is what the
queries as they are come to, which the second stage and semantic candidates stand beside, too. `aim` is ours.
"""

import random
import re
import string
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.table import Figure, parser, report
from emporium.search_evaluation import DEPTH, PLAIN, SHOP, indexed, shop_list
from emporium.search_files import JudgmentNames, ProductNames, read_judgments, read_products
from models.search.index import Index
from models.search.judgments import Grades, Judged, judged, ndcg
from models.search.plain import PlainIndex
from models.search.second_stage import BY_HAND
from models.search.semantic import Semantics, text_of
from models.search.wishes import Wishes

PRODUCTS = ProductNames("id", "title", "short_description", "supplier", attributes=("attributes",))
JUDGMENTS = JudgmentNames("query", "docid", "rating")
K = 10
N_SEEDS = 5
MIN_LETTERS = 5
SECOND_STAGE, SEMANTIC = "with the second stage", "with semantic candidates"


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--data-dir", type=Path, required=True, help="folder of the data sets")
    options.add_argument("--seed", type=int, default=0, help="the first of the variants' seeds")
    arguments = options.parse_args()
    folder = arguments.data_dir / "icecat_search"
    documents, numbers = read_products(folder / "products.parquet", PRODUCTS)
    grades = read_judgments(folder / "Broad_Query_Set_rated.parquet", JUDGMENTS, numbers).grades
    plain = PlainIndex.of(documents)
    with indexed(documents) as index:
        lists: dict[str, Callable[[str], list[int]]] = {
            SHOP: lambda text: shop_list(index, text),
            PLAIN: lambda text: plain.search(text, DEPTH),
        }
        found = {
            name: judged({text: search(text) for text in grades}, grades, K)
            for name, search in lists.items()
        }
        found |= variants(index, documents, grades)
        shop, reference = found[SHOP], found[PLAIN]
        figures = [
            Figure("queries with anything to find", len(shop.queries), "queries"),
            Figure("nDCG@10, aim 74", 100 * shop.ndcg.mean(), "%", 100 * reference.ndcg.mean()),
            Figure(
                "recall@100, aim 90", 100 * shop.recall.mean(), "%", 100 * reference.recall.mean()
            ),
            *(
                Figure(f"{measure}, {name}", 100 * value.mean(), "%", 100 * own.mean())
                for name in (SECOND_STAGE, SEMANTIC)
                for measure, value, own in (
                    ("nDCG@10", found[name].ndcg, shop.ndcg),
                    ("recall@100", found[name].recall, shop.recall),
                )
            ),
            *(
                beside_clean(f"one typo, seed {seed}", index, grades, misspelt_by(seed))
                for seed in range(arguments.seed, arguments.seed + N_SEEDS)
            ),
            beside_clean("model numbers otherwise", index, grades, respelt),
        ]
    report(figures, arguments.json)


def variants(
    index: Index, documents: Sequence[Mapping[str, Any]], grades: Mapping[str, Grades]
) -> dict[str, Judged]:
    """Return what the second stage, and products near in meaning, make of the lists.

    Nobody looked at these products, so the second stage has to leave the lists as they are.
    """
    semantics = Semantics.of((each["product_id"], text_of(each)) for each in documents)

    def wishes(name: str, text: str) -> Wishes:
        if name == SECOND_STAGE or semantics is None:
            return Wishes(second_stage=BY_HAND)
        return Wishes(near=tuple(semantics.near(text, DEPTH)))

    return {
        name: judged(
            {text: shop_list(index, text, wishes(name, text)) for text in grades}, grades, K
        )
        for name in (SECOND_STAGE, SEMANTIC)
    }


def beside_clean(
    name: str,
    index: Index,
    judgments: Mapping[str, Grades],
    variant: Callable[[str], str | None],
) -> Figure:
    """Return the nDCG of variants beside that of the queries as they are, where there is a variant."""
    pairs = [
        (query, other)
        for query, grades in judgments.items()
        if max(grades.values()) > 0 and (other := variant(query))
    ]
    clean = np.mean([ndcg(shop_list(index, query), judgments[query], K) for query, _ in pairs])
    planted = np.mean(
        [ndcg(shop_list(index, other), judgments[query], K) for query, other in pairs]
    )
    return Figure(
        f"{name}: nDCG@10 of {len(pairs)} queries", 100 * float(planted), "%", 100 * float(clean)
    )


def misspelt_by(seed: int) -> Callable[[str], str | None]:
    """Return what plants one typo in a word of a query; None where no word is long enough."""
    chance = random.Random(seed)  # noqa: S311 - no secret

    def misspelt(query: str) -> str | None:
        words = query.split()
        long = [n for n, word in enumerate(words) if len(word) >= MIN_LETTERS and word.isalpha()]
        if not long:
            return None
        at = chance.choice(long)
        words[at] = typo(words[at], chance)
        return " ".join(words)

    return misspelt


def typo(word: str, chance: random.Random) -> str:
    """Return a word with one sign missing, wrong, too many, or two in the other order; never the first."""
    place = chance.randrange(1, len(word) - 1)
    letter = chance.choice(string.ascii_lowercase.replace(word[place], ""))
    before, after = word[:place], word[place:]
    return chance.choice(
        [
            before + after[1:],
            before + letter + after[1:],
            before + letter + after,
            before + after[1] + after[0] + after[2:],
        ]
    )


def respelt(query: str) -> str | None:
    """Return a query with its model numbers' letters and digits parted, or put together; None without."""

    def otherwise(match: re.Match[str]) -> str:
        together = match[1] + match[2]
        return f"{match[1]}-{match[2]}" if match[0] == together else together

    other = re.sub(r"([a-z]+)[ -]?(\d+)", otherwise, query)
    return other if other != query else None


if __name__ == "__main__":
    main()
