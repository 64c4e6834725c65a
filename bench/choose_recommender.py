"""The grid that the recommender's defaults come from, judged on days before every hold-out.

python -m bench.choose_recommender --home .emporium --home .emporium-online-retail

Each home must have run the demo. Its newest `HOLDOUT_DAYS` days, which the training job reports as
test, are not read. Models are fitted before each of the two windows that precede them and judged
there by NDCG@10 (mean of the windows) beside popularity. Of several homes, the setting with the
best geometric mean of the ratios to popularity is the one for `models.recommender.Params`.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

from bench.table import Figure, parser, report
from features.schemas.lake import Interaction
from features.schemas.row import Row
from features.schemas.weights import HOLDOUT_DAYS
from jobs.partitions import Partitions
from jobs.train_recommendations import window
from jobs.training_data import TrainingData, training_data
from models.evaluation.choice import JUDGED_BY, K, Window
from models.evaluation.lists import measures
from models.ranking.hybrid import Features
from models.recommender import Known, Params
from models.retrieval.als import ALSRetriever
from models.retrieval.content import ContentRetriever
from models.retrieval.contract import Retriever, Rows
from models.retrieval.popularity import PopularityRetriever

N_FACTORS = (32, 64, 128)
REGULARIZATIONS = (1.0, 10.0, 100.0)
ALPHAS = (1.0, 2.0, 8.0)
DIMENSIONS = (40, 80, 160, 320)
N_WINDOWS = 2

Moment = tuple[Known, Window]


def main() -> None:
    """Print every setting's figures, for each home and over all of them."""
    options = parser(__doc__)
    options.add_argument("--home", type=Path, action="append", required=True)
    arguments = options.parse_args()
    ratios: dict[str, list[float]] = {}
    figures = []
    for home in arguments.home:
        for figure in figures_of(home, settings(quick=arguments.quick)):
            figures.append(figure)
            ratios.setdefault(figure.name.split(": ")[1], []).append(figure.ratio or 0.0)
    means = [Figure(f"all: {name}", geometric_mean(each), "ratio") for name, each in ratios.items()]
    report([*figures, *sorted(means, key=lambda mean: -mean.value)], arguments.json)


def geometric_mean(ratios: list[float]) -> float:
    """Return the mean in which twice as good at one home makes up for half as good at another."""
    return float(np.exp(np.mean(np.log(np.maximum(ratios, 1e-9)))))


def settings(*, quick: bool) -> list[tuple[str, Retriever]]:
    """Return the grid: names and models not fitted yet."""
    n_iterations, seed = Params().als_iterations, Params().seed
    grid = [(64, 10.0, 2.0)] if quick else product(N_FACTORS, REGULARIZATIONS, ALPHAS)
    als: list[tuple[str, Retriever]] = [
        (
            f"als {factors} factors, lambda {regularization:g}, alpha {alpha:g}",
            ALSRetriever(factors, regularization, alpha, n_iterations, seed),
        )
        for factors, regularization, alpha in grid
    ]
    dimensions = DIMENSIONS[:1] if quick else DIMENSIONS
    return als + [(f"content {n} dimensions", ContentRetriever(n, seed=seed)) for n in dimensions]


def figures_of(home: Path, grid: list[tuple[str, Retriever]]) -> list[Figure]:
    """Return each setting's NDCG@10 on the home's windows, in percent, beside popularity's."""
    moments = list(moments_of(Partitions(home / "lake")))
    popularity = ndcg_percent(PopularityRetriever(), moments)
    figures = []
    for name, model in grid:
        value = ndcg_percent(model, moments)
        print(f"{home.name}: {name}: {value:.2f} %", flush=True)
        figures.append(Figure(f"{home.name}: {name}", value, "ndcg %", popularity))
    return figures


def moments_of(lake: Partitions) -> Iterator[Moment]:
    """Return the windows before the hold-out and what was known before each."""
    newest = max(lake.days("derived", Interaction.table))
    last = newest - dt.timedelta(days=HOLDOUT_DAYS)
    data: TrainingData = training_data(lake, last, no_features)
    for n in range(N_WINDOWS):
        end = last - dt.timedelta(days=n * HOLDOUT_DAYS)
        judged = window(data, end - dt.timedelta(days=HOLDOUT_DAYS), end)
        yield data.known(judged.after), judged


def ndcg_percent(model: Retriever, moments: list[Moment]) -> float:
    """Return a model's mean measure over the windows, fitted before each."""
    found = []
    for known, judged in moments:
        fitted = model.fit(known.user_items, known.documents)
        items, _ = fitted.retrieve(judged.users, judged.seen, K)
        found.append(measures(items, judged.relevant)[JUDGED_BY])
    return 100 * float(np.mean(found))


def no_features(
    row: type[Row],  # noqa: ARG001
    entity: str,  # noqa: ARG001
    ids: Rows,
    columns: tuple[str, ...],
    day: dt.date,  # noqa: ARG001
) -> Features:
    """Return unknown features: the first stage uses none."""
    return np.full((len(ids), len(columns)), np.nan)


if __name__ == "__main__":
    main()
