"""The families of retrieval models, and what is worth trying of each, the default first."""

from typing import Any

import numpy as np

from models.evaluation.holdouts import Holdout
from models.evaluation.trials import Family, Params
from models.retrieval.als import ALSRetriever
from models.retrieval.attribute_factors import AttributeFactorsRetriever
from models.retrieval.category_popularity import CategoryPopularityRetriever
from models.retrieval.choices import category_numbers
from models.retrieval.content import ContentRetriever
from models.retrieval.contract import Retriever
from models.retrieval.ease import EASERetriever
from models.retrieval.graph_filter import GraphFilterRetriever
from models.retrieval.item_neighbours import ItemNeighboursRetriever
from models.retrieval.items import Items
from models.retrieval.own_history import OwnHistoryRetriever
from models.retrieval.popularity import PopularityRetriever
from models.retrieval.repeats import RepeatsRetriever
from models.retrieval.session_neighbours import SessionNeighboursRetriever
from models.retrieval.successors import SuccessorsRetriever
from models.retrieval.words import WordsRetriever

RETRIEVERS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        ALSRetriever,
        AttributeFactorsRetriever,
        CategoryPopularityRetriever,
        ContentRetriever,
        EASERetriever,
        GraphFilterRetriever,
        ItemNeighboursRetriever,
        OwnHistoryRetriever,
        PopularityRetriever,
        RepeatsRetriever,
        SessionNeighboursRetriever,
        SuccessorsRetriever,
        WordsRetriever,
    )
}

N_EASE_ITEMS = 8_000
"""Above so many items EASE takes minutes, and the neighbours do as well."""
N_CHOICES = 30_000_000
"""Pairs of a user and an item of a category they came for: some 2 minutes of one core."""


def _successors(*rows: tuple[float, ...]) -> list[Params]:
    names = (
        "n_steps", "backward", "length_power", "memory_events", "source_power", "target_power",
        "further",
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in rows]


_HALF_LIVES: list[Params] = [{"half_life_days": days} for days in (7, 2, 30, 90)]
_ITEM_NEIGHBOURS: list[Params] = [
    {"weighting": weighting, "n_neighbours": n}
    for weighting, n in (("cosine", 200), ("bm25", 200), ("cosine", 1_000), ("cosine", 50))
]
_GRAPH_FILTERS: list[Params] = [
    {
        "source_exponent": source,
        "path_exponent": path,
        "target_exponent": target,
        "sharpness": power,
    }
    for source, path, target, power in (
        (0.4, 0.5, 0.3, 1.25),
        (0.4, 0.5, 0.2, 1.25),
        (0.4, 0.9, 0.3, 1.0),
        (0.5, 0.5, 0.5, 1.0),
        (0.4, 0.7, 0.35, 1.25),
    )
]
_FACTORISATIONS: list[Params] = [
    {"n_factors": n, "alpha": alpha, "regularization": regularization}
    for n, alpha, regularization in (
        (128, 100.0, 0.003),
        (128, 30.0, 0.001),
        (128, 10.0, 0.01),
        (512, 100.0, 0.003),
        (1024, 100.0, 0.003),
    )
]
_RIDGES: list[Params] = [{"regularization": weight} for weight in (200.0, 50.0, 1_000.0)]
_SUCCESSORS: list[Params] = _successors(
    (50, 0.2, 0.0, 1.5, 0.2, 0.1, 0.0),
    (20, 0.8, 0.5, 2.0, 0.5, 0.2, 0.7),
    (20, 0.5, 0.3, 2.0, 0.3, 0.1, 0.2),
    (50, 0.5, 0.0, 4.0, 0.3, 0.2, 0.2),
    (20, 1.0, 0.5, 8.0, 0.5, 0.3, 0.2),
)
_SESSION_NEIGHBOURS: list[Params] = [
    {"memory_events": memory, "source_power": source, "target_power": target}
    for memory, source, target in ((2.0, 0.5, 0.15), (3.0, 0.3, 0.0), (6.0, 0.7, 0.3))
]
_WORDS: list[Params] = [
    {"memory_events": memory, "sharpness": power}
    for memory, power in ((4.0, 4.0), (1.5, 4.0), (4.0, 2.0))
]


def families() -> list[Family]:
    """Return what `emporium evaluate` tries."""
    return [
        Family("popularity", PopularityRetriever, [{}]),
        Family("recent_popularity", PopularityRetriever, _HALF_LIVES, _without_times),
        Family("category_popularity", CategoryPopularityRetriever, [{}], _without_categories),
        Family("item_neighbours", ItemNeighboursRetriever, _ITEM_NEIGHBOURS),
        Family("graph_filter", GraphFilterRetriever, _GRAPH_FILTERS),
        Family("als", ALSRetriever, _FACTORISATIONS),
        Family("ease", EASERetriever, _RIDGES, _too_many_for_ease),
        Family("successors", SuccessorsRetriever, _SUCCESSORS),
        Family("repeats", _repeats, _SUCCESSORS, _without_repeats),
        Family("session_neighbours", SessionNeighboursRetriever, _SESSION_NEIGHBOURS),
        Family("words", WordsRetriever, _WORDS, _without_texts),
        Family("content", ContentRetriever, [{"n_dimensions": 320}], _without_texts),
        Family("attribute_factors", AttributeFactorsRetriever, [{}], _too_many_choices),
    ]


def nightly_families() -> list[Family]:
    """Return what every training of the shop's recommender tries, with their defaults only."""
    return [
        Family("als", ALSRetriever, [{"n_factors": 64}]),
        Family("content", ContentRetriever, [{"n_dimensions": 320}]),
        Family("category_popularity", CategoryPopularityRetriever, [{}], _without_categories),
        Family("attribute_factors", AttributeFactorsRetriever, [{}], _too_long_for_a_night),
        Family("popularity", PopularityRetriever, [{}]),
    ]


def _repeats(**params: Any) -> Retriever:  # noqa: ANN401 - as the successors take them
    return RepeatsRetriever(SuccessorsRetriever(**params))


def _without_times(holdout: Holdout, items: Items) -> str | None:  # noqa: ARG001
    days = holdout.known.days
    return None if len(days) and days.min() < days.max() else "the log has no times"


def _without_categories(holdout: Holdout, items: Items) -> str | None:  # noqa: ARG001
    return None if items.have_categories else "no category is known"


def _without_texts(holdout: Holdout, items: Items) -> str | None:  # noqa: ARG001
    return None if items.have_documents else "no text is known"


def _without_repeats(holdout: Holdout, items: Items) -> str | None:  # noqa: ARG001
    return "items had before don't count" if holdout.asked.seen.nnz else None


def _too_many_for_ease(holdout: Holdout, items: Items) -> str | None:  # noqa: ARG001
    n = holdout.known.n_items
    return f"{n:,} items are more than {N_EASE_ITEMS:,}" if n > N_EASE_ITEMS else None


def _too_many_choices(holdout: Holdout, items: Items) -> str | None:
    known, categories = holdout.known, category_numbers(items)
    met = known.matrix() if known.shown is None else known.matrix() + known.shown
    users, columns = met.nonzero()
    came = np.unique(np.stack([users, categories[columns]]), axis=1)
    n = int(np.bincount(categories)[came[1]].sum())
    return f"{n:,} choices are more than {N_CHOICES:,}" if n > N_CHOICES else None


def _too_long_for_a_night(holdout: Holdout, items: Items) -> str | None:
    # Of one category only, every history has to do with all items: minutes instead of seconds.
    return _without_categories(holdout, items) or _too_many_choices(holdout, items)
