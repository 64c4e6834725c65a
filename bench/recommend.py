"""Recommenders on data sets that others report on, each beside popularity in the same run.

python -m bench.recommend --data-dir FOLDER [--case gowalla ...] [--seconds 300] [--json FILE]

Families of models are tried, combined and one is chosen on a part of train only (for at most
`--seconds` per data set), then fitted on all of train; the test split is looked at once. The line of
a measure names the best that others publish as its reference; `aim` is ours. What a single model,
the blend and the ranker came to is printed above the table, so that nobody has to believe the
choice. `simulator` needs no data: its references are the oracle that knows the shoppers' tastes and
what they come for, the one that knows all but the latter, which nobody can know from a few visits, and
the one that knows all of the products but of shoppers only what the log tells.
"""

import datetime as dt
import sys
import time
from argparse import Namespace
from pathlib import Path

from bench.recommend_data import CASES, Case
from bench.recommend_oracle import guessing_lists, inferring_lists, oracle_lists
from bench.recommend_simulator import SIMULATOR, simulated
from bench.table import Figure, parser, report
from models.evaluation.comparison import REFERENCE, Comparison, Outcome, compare
from models.evaluation.report import report as report_of
from simulator.shop import SimulatedShop

LAST_DAY = dt.date(2026, 1, 31)
SEED = 0
QUICK_SECONDS = 0
ORACLES = {
    "the oracle": oracle_lists,
    "the oracle that guesses categories": guessing_lists,
    "who knows the products, not the shoppers": inferring_lists,
}


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--data-dir", type=Path, help="folder of the data sets")
    options.add_argument("--case", action="append", choices=[*CASES, SIMULATOR])
    options.add_argument("--seconds", type=float, default=300, help="to try settings, per case")
    arguments = options.parse_args()
    names = arguments.case or [*(CASES if arguments.data_dir else ()), SIMULATOR]
    if arguments.data_dir is None and set(names) != {SIMULATOR}:
        sys.exit("name the folder of the data sets with --data-dir")
    figures = [figure for name in names for figure in figures_of(name, arguments)]
    report(figures, arguments.json)


def figures_of(name: str, arguments: Namespace) -> list[Figure]:
    """Run one case and return its figures."""
    say(f"\n== {name}")
    seconds = QUICK_SECONDS if arguments.quick else arguments.seconds
    if name == SIMULATOR:
        shop = SimulatedShop(LAST_DAY)
        case = simulated(shop)
        found = run(case, seconds)
        return [*common(case, found), *beside_oracle(case, shop, found)]
    case = CASES[name](arguments.data_dir)
    found = run(case, seconds)
    return [*common(case, found), *beside_others(case, found)]


def run(case: Case, seconds: float) -> Outcome:
    """Choose on train, judge on test, and say what every model came to."""
    comparison = Comparison(case.families, case.items, case.k, seconds, SEED)
    began = time.monotonic()
    found = compare(comparison, case.choosing, case.judging, say)
    say(f"in all {time.monotonic() - began:.0f} s")
    for name, each in found.reports.items():
        measures = "  ".join(f"{key} {value.mean:.4f}" for key, value in each.measures.items())
        say(f"{name:<20} {measures}  coverage {each.coverage:.3f}")
    return found


def common(case: Case, found: Outcome) -> list[Figure]:
    """Return what every case shows: the chosen one beside popularity and the best single model."""
    chosen, single = found.reports[found.chosen], found.reports[found.study.members[0].name]
    popular = found.reports[REFERENCE].measures["ndcg"].mean
    ndcg, at = chosen.measures["ndcg"].mean, f"NDCG@{case.k}"
    return [
        Figure(
            f"{case.name}: {at} of {found.chosen}, beside popularity",
            100 * ndcg,
            "%",
            100 * popular,
        ),
        Figure(
            f"{case.name}: {at}, beside the best single model",
            100 * ndcg,
            "%",
            100 * single.measures["ndcg"].mean,
        ),
        Figure(f"{case.name}: fitted in", found.fit_seconds, "s"),
    ]


def beside_others(case: Case, found: Outcome) -> list[Figure]:
    """Return the measures that others publish."""
    chosen = found.reports[found.chosen].measures
    return [
        Figure(
            f"{case.name}: {measure}@{case.k}, aim {100 * aim:.1f}",
            100 * chosen[measure].mean,
            "%",
            100 * case.published[measure],
        )
        for measure, aim in case.aims.items()
    ]


def beside_oracle(case: Case, shop: SimulatedShop, found: Outcome) -> list[Figure]:
    """Return the share of the oracles' NDCG, and the NDCG of purchases of cold products alone."""
    chosen, popular = found.reports[found.chosen], found.reports[REFERENCE]
    oracles = {
        name: report_of(make(shop, case.judging, case.k), case.judging, None, SEED)
        for name, make in ORACLES.items()
    }
    ndcg, at = 100 * chosen.measures["ndcg"].mean, f"{case.name}: NDCG@{case.k}"
    cold = 100 * chosen.segments["cold_items"].mean
    cold_of_oracle = 100 * oracles["the oracle"].segments["cold_items"].mean
    cold_of_popular = 100 * popular.segments["cold_items"].mean
    return [
        *(
            Figure(f"{at}, beside {name}", ndcg, "%", 100 * each.measures["ndcg"].mean)
            for name, each in oracles.items()
        ),
        Figure(f"{at} of cold products, beside the oracle", cold, "%", cold_of_oracle),
        Figure(f"{at} of cold products, beside popularity", cold, "%", cold_of_popular),
    ]


def say(line: str) -> None:
    """Print a line at once: a run takes many minutes."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
