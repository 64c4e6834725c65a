"""The families of retrieval models, and what is worth trying of each, the default first."""

from models.evaluation.trials import Family
from models.retrieval.als import ALSRetriever
from models.retrieval.category_popularity import CategoryPopularityRetriever
from models.retrieval.content import ContentRetriever
from models.retrieval.contract import Retriever
from models.retrieval.own_history import OwnHistoryRetriever
from models.retrieval.popularity import PopularityRetriever

RETRIEVERS: dict[str, type[Retriever]] = {
    kind.__name__: kind
    for kind in (
        ALSRetriever,
        CategoryPopularityRetriever,
        ContentRetriever,
        OwnHistoryRetriever,
        PopularityRetriever,
    )
}


def families() -> list[Family]:
    """Return what `emporium evaluate` tries."""
    return [
        Family("popularity", PopularityRetriever, [{}]),
        Family("als", ALSRetriever, [{"n_factors": 64}]),
    ]


def nightly_families() -> list[Family]:
    """Return what every training of the shop's recommender tries, with their defaults only."""
    return [
        Family("als", ALSRetriever, [{"n_factors": 64}]),
        Family("content", ContentRetriever, [{"n_dimensions": 320}]),
        Family("category_popularity", CategoryPopularityRetriever, [{}]),
        Family("popularity", PopularityRetriever, [{}]),
    ]
