"""The second stage of search on the simulated shop: lists that were shown, put into another order.

python -m bench.search_ranker [--seed 7] [--quick]

28 days of searches teach, the 7 days after them judge: by what was looked at and put in the cart, a look counting
the more, the less its place is examined (nDCG@10 over the mean best). Of a list counts what the words find, and what is known
of products is that of the evening before. The formula is by hand; nothing was fitted to the days that judge. The oracle knows how much
each product appeals to each shopper. The simulator's shoppers don't care where a product has which words: the text says nothing there.

The last rows are processor time of a search in its index, of words that more than 200 products have.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.search_ranker_shop import acts, documents, expected, searches, signals, small_shop
from bench.table import Figure, parser, report
from emporium.search_evaluation import indexed
from jobs.train_search_ranker import N_JUDGED, N_JUDGED_DAYS, N_TAUGHT, N_TAUGHT_DAYS, finder
from models.evaluation.intervals import gain, interval
from models.search import taste
from models.search.behaviour import Find, ShownSearches, examination
from models.search.formula import FormulaOrder
from models.search.index import Index
from models.search.query import Search
from models.search.second_stage import Order, SecondStage
from models.search.teaching import (
    FIRST_STAGE,
    FORMULA,
    LEARNED,
    POPULARITY,
    judged,
    prepared,
    taught,
)
from models.search.wishes import NO_WISHES, Wishes
from simulator.shop import SimulatedShop

N_KNOWN_DAYS = 28
N_TIMED = 5
BROAD = ("rustic", "small", "moss green", "large", "batches")

Values = NDArray[np.float64]


def main() -> None:
    """Teach, judge, time, print."""
    options = parser(__doc__)
    options.add_argument("--seed", type=int, default=7, help="of the shop")
    arguments = options.parse_args()
    n_taught = N_JUDGED_DAYS if arguments.quick else N_TAUGHT_DAYS
    shop = small_shop(arguments.seed, N_KNOWN_DAYS + n_taught + N_JUDGED_DAYS)
    first = shop.last - N_JUDGED_DAYS + 1
    with indexed(documents(shop)) as index:
        find = finder(index)
        earlier = searches(shop, range(first - n_taught, first))
        examined = examination(earlier)
        lists = prepared(earlier, find, partial(signals, shop), examined, N_TAUGHT)
        learned = taught(lists)
        figures = [
            Figure("searches that taught", len(lists.shown), ""),
            *quality(shop, range(first, shop.last + 1), find, learned, examined),
            *timed(shop, index, learned),
        ]
    report(figures, arguments.json)


def quality(
    shop: SimulatedShop,
    days: Sequence[int],
    find: Find,
    learned: Order,
    examined: Values,
) -> list[Figure]:
    """Return what orders come to on the days, beside the first stage."""
    held = prepared(searches(shop, days), find, partial(signals, shop), examined, N_JUDGED)
    values = judged(held, learned)
    own = held.base + tastes(shop, held.shown, days)
    for name, order in ((FORMULA, FormulaOrder()), (LEARNED, learned)):
        values[f"{name}, personal"] = held.ndcg(order.logarithms(held.features) + own)
    values["oracle"] = held.ndcg(expected(shop, held.shown))
    first = interval(values[FIRST_STAGE]).mean
    rows = [
        Figure(f"nDCG@10, {name}", 100 * interval(each).mean, "%", 100 * first)
        for name, each in values.items()
    ]
    pairs = [(LEARNED, FORMULA), (LEARNED, POPULARITY), (f"{LEARNED}, personal", LEARNED)]
    for name, other in pairs:
        ahead = gain(values[name], values[other])
        rows += [
            Figure(f"{name} over {other}", 100 * ahead.mean, "points"),
            Figure("  from, in 95 of 100 resamples", 100 * ahead.low, "points"),
        ]
    return [Figure("searches that judge", len(held.shown), ""), *rows]


def tastes(shop: SimulatedShop, shown: ShownSearches, days: Sequence[int]) -> Values:
    """Return what each searcher's taste adds to each product; nothing for guests."""
    done = acts(shop, days)
    added = np.zeros(len(shown.product))
    starts = np.cumsum(shown.n_shown) - shown.n_shown
    for number, (start, n_shown) in enumerate(zip(starts, shown.n_shown, strict=True)):
        rows, day = slice(start, start + n_shown), int(shown.days[number])
        own = done.get((day, int(shown.users[number])))
        if own is not None:
            known = taste.taste(own, shown.product[rows], signals(shop, day))
            added[rows] = taste.logarithms(known)
    return added


def timed(shop: SimulatedShop, index: Index, learned: Order) -> list[Figure]:
    """Return the processor time of a search, each stage beside the words alone."""
    known = replace(index, signals=signals(shop, shop.last))
    own = taste.Acts(tuple(range(1, 21)), tuple(range(21, 41)))
    stages = {
        "formula": SecondStage(FormulaOrder()),
        "learned": SecondStage(learned),
        "learned, personal": SecondStage(learned, own),
    }
    alone = milliseconds(known, NO_WISHES)
    return [
        Figure(f"a search, {name}", milliseconds(known, Wishes(second_stage=stage)), "ms", alone)
        for name, stage in stages.items()
    ]


def milliseconds(index: Index, wishes: Wishes) -> float:
    """Return the least mean processor time of a page of 20 in some rounds."""
    index.search(Search(BROAD[0]), wishes=wishes)
    rounds = []
    for _ in range(N_TIMED):
        began = time.process_time()
        for text in BROAD * 10:
            index.search(Search(text), 0, 20, wishes, facets=())
        rounds.append((time.process_time() - began) / len(BROAD * 10) * 1_000)
    return min(rounds)


if __name__ == "__main__":
    main()
