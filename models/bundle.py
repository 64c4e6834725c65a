"""A recommender that can be judged: models, the order above them and what they need, as files.

Nothing in the folder is code. Ids are the shop's; inside, users and items are rows.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from models.families import RETRIEVERS
from models.live import read_metadata
from models.ranking.asked import Asked
from models.ranking.saving import load_order, save_order
from models.ranking.second_stage import Order, TwoStages
from models.recommender import Known
from models.retrieval.contract import NO_ITEM, Retriever, retrieve
from models.retrieval.histories import Histories, Rows, Scores
from models.retrieval.popularity import PopularityRetriever
from models.retrieval.saving import load, save

FORMAT = 5
SERVED = "served"


@dataclass(frozen=True)
class Past:
    """What users did before the model was made, as files."""

    user_ids: Rows
    item_ids: Rows
    histories: Histories
    seen: csr_matrix
    user_features: np.ndarray


@dataclass(frozen=True)
class Bundle:
    """A fitted recommender.

    Parameters
    ----------
    models
        Find candidates; `order` orders them.
    """

    past: Past
    models: Sequence[Retriever]
    order: Order
    popularity: PopularityRetriever
    n_each: int
    metadata: dict[str, Any]

    @property
    def user_ids(self) -> Rows:
        """Return who was known."""
        return self.past.user_ids

    @property
    def item_ids(self) -> Rows:
        """Return what is recommended."""
        return self.past.item_ids

    def popular(self, k: int) -> tuple[Rows, Scores]:
        """Return the ids of the most popular items and their weights."""
        nobody = self.past.histories.part(np.array([], np.int64))
        anybody = Histories(
            np.zeros(2, np.int64), nobody.items, nobody.weights, nobody.days, nobody.n_items
        )
        unseen = self._flags(np.empty(0, np.int64))
        return self._ids(retrieve(self.popularity, anybody, unseen, k))

    def recommend(self, users: Rows, seen: csr_matrix, k: int) -> tuple[Rows, Scores]:
        """Return item rows and scores for many users at once.

        Parameters
        ----------
        users : array of shape (n,)
            Rows of users.
        seen : csr_matrix of shape (n, n_items)
            Not zero where a user must not get the item.
        """
        known = self._users(users)
        return self._choose(Asked(known.histories, seen, known.features), k)

    def _users(self, rows: Rows) -> Asked:
        past = self.past
        return Asked(past.histories.part(rows), past.seen[rows], past.user_features[rows])

    def _choose(self, asked: Asked, k: int) -> tuple[Rows, Scores]:
        stages = TwoStages(self.models, {SERVED: self.order}, max(self.n_each, k))
        return stages.recommend(asked, k)[SERVED]

    def _flags(self, items: Rows) -> csr_matrix:
        cells = (np.ones(len(items), np.float32), (np.zeros(len(items), int), items))
        return csr_matrix(cells, shape=(1, len(self.item_ids)))

    def _ids(self, found: tuple[Rows, Scores]) -> tuple[Rows, Scores]:
        items, scores = found
        real = items[0] != NO_ITEM
        return self.item_ids[items[0][real]], scores[0][real]

    def save(self, folder: Path) -> None:
        """Write everything and, last of all, the metadata."""
        folder.mkdir(parents=True, exist_ok=True)
        save(self.past, folder / "past")
        save(self.popularity, folder / "popularity")
        for number, model in enumerate(self.models):
            save(model, folder / f"model-{number}")
        save_order(self.order, folder / "order")
        about = {
            "format": FORMAT,
            "models": [type(model).__name__ for model in self.models],
            "n_each": self.n_each,
        }
        text = json.dumps({**self.metadata, **about}, indent=2, sort_keys=True)
        (folder / "metadata.json").write_text(text)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open a saved bundle; arrays are mapped, not read.

        Raises
        ------
        BrokenModelError
            If a file is missing or of another format.
        """
        metadata = read_metadata(folder, FORMAT)
        models = [
            load(RETRIEVERS[name], folder / f"model-{number}", RETRIEVERS)
            for number, name in enumerate(metadata["models"])
        ]
        return cls(
            past=load(Past, folder / "past"),
            models=models,
            order=load_order(folder / "order"),
            popularity=load(PopularityRetriever, folder / "popularity"),
            n_each=metadata["n_each"],
            metadata=metadata,
        )


def bundle(known: Known, stages: TwoStages, kind: str, metadata: dict[str, Any]) -> Bundle:
    """Pack fitted models and one of the orders above them, by its kind.

    Models that the order does not ask are left out.
    """
    past = Past(known.user_ids, known.item_ids, known.histories, known.seen, known.user_features)
    models, order = stages.only(kind)
    return Bundle(
        past=past,
        models=models,
        order=order,
        popularity=PopularityRetriever().fit(known.histories, known.items),
        n_each=stages.n_each,
        metadata={**metadata, "kind": kind},
    )
