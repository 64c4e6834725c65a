"""What is served: everything needed to recommend, as arrays in files that can be memory-mapped.

A folder of one .npy per array and `metadata.json`; nothing in it is code. Ids are the shop's;
inside, users and items are rows.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.ranking.candidates import Items, Users, rank
from models.ranking.hybrid import USER_COLUMNS, Features, HybridRanker
from models.retrieval.als import fold_in
from models.retrieval.content import profiles
from models.retrieval.contract import NO_ITEM, Rows, Scores, retrieve_by_vectors

Method = Literal["hybrid", "als", "content"]
FORMAT = 1


class BrokenBundleError(ValueError):
    """A folder doesn't hold a bundle that this code can read."""


@dataclass(frozen=True)
class Bundle:
    """A fitted recommender. Arrays are n_users or n_items long; ids rise.

    `ranker` has three rows: coefficients, means and scales of the hybrid's features. `seen_*` are
    the index arrays of the matrix of what users dealt with.
    """

    user_ids: Rows
    item_ids: Rows
    als_users: Scores
    als_items: Scores
    content_users: Scores
    content_items: Scores
    popularity: Scores
    product_features: Features
    user_features: Features
    ranker: Features
    seen_starts: Rows
    seen_items: Rows
    metadata: dict[str, Any]

    @property
    def method(self) -> Method:
        """Return how items are chosen."""
        method: Method = self.metadata["method"]
        return method

    @property
    def seen(self) -> csr_matrix:
        """Return what the users dealt with, shape (n_users, n_items)."""
        cells = (np.ones(len(self.seen_items), np.int8), self.seen_items, self.seen_starts)
        return csr_matrix(cells, shape=(len(self.user_ids), len(self.item_ids)))

    def for_user(self, user_id: int, exclude: Collection[int], k: int) -> tuple[Rows, Scores]:
        """Return item ids and scores for a user, best first: none seen, none of `exclude`.

        At most k; none for a user who was not known when the model was fitted.
        """
        [row] = rows_of(self.user_ids, [user_id])
        if row == NO_ITEM:
            return self._nothing()
        first, end = self.seen_starts[row : row + 2]
        unwanted = np.concatenate([self.seen_items[first:end], self._known(exclude)])
        return self._ids(*self._choose(self._users(np.array([row])), self._flags(unwanted), k))

    def for_items(self, item_ids: Sequence[int], k: int) -> tuple[Rows, Scores]:
        """Return item ids and scores for somebody who looked at these items, the latest first."""
        items = self._known(item_ids)
        if len(items) == 0:
            return self._nothing()
        weights = np.asarray(0.9 ** np.arange(len(items)), np.float32)
        wanted = csr_matrix(
            (weights, (np.zeros(len(items), int), items)), shape=(1, len(self.item_ids))
        )
        params = self.metadata["params"]
        factors = fold_in(
            items, weights, self.als_items, params["als_alpha"], params["als_regularization"]
        )
        guest = Users(
            als=factors[None, :],
            content=profiles(wanted, self.content_items),
            features=np.full((1, len(USER_COLUMNS)), np.nan),
        )
        return self._ids(*self._choose(guest, self._flags(items), k))

    def similar(self, item_id: int, k: int) -> tuple[Rows, Scores]:
        """Return the ids of the items whose text is most like one's, and the cosines."""
        [row] = rows_of(self.item_ids, [item_id])
        if row == NO_ITEM:
            return self._nothing()
        itself = self._flags(np.array([row]))
        vector = self.content_items[[row]]
        return self._ids(*retrieve_by_vectors(vector, self.content_items, itself, k, None))

    def popular(self, k: int) -> tuple[Rows, Scores]:
        """Return the ids of the most popular items and their weights."""
        nobody = self._flags(np.empty(0, np.int64))
        everybody = np.ones((1, 1), np.float32)
        weights = self.popularity[:, None]
        return self._ids(*retrieve_by_vectors(everybody, weights, nobody, k, None))

    def recommend(self, rows: Rows, seen: csr_matrix, k: int) -> tuple[Rows, Scores]:
        """Return item rows and scores for many users at once, as `Retriever.retrieve` does."""
        return self._choose(self._users(rows), seen, k)

    def items(self) -> Items:
        """Return the item side of the models."""
        return Items(self.als_items, self.content_items, self.popularity, self.product_features)

    def _users(self, rows: Rows) -> Users:
        return Users(self.als_users, self.content_users, self.user_features).part(rows)

    def _choose(self, users: Users, seen: csr_matrix, k: int) -> tuple[Rows, Scores]:
        if self.method == "als":
            return retrieve_by_vectors(users.als, self.als_items, seen, k, None)
        if self.method == "content":
            return retrieve_by_vectors(users.content, self.content_items, seen, k, None)
        ranker = HybridRanker()
        ranker.coefficients_, ranker.means_, ranker.scales_ = self.ranker
        return rank(ranker, users, self.items(), seen, k)

    def _known(self, item_ids: Collection[int]) -> Rows:
        rows = rows_of(self.item_ids, list(dict.fromkeys(item_ids)))
        return np.asarray(rows[rows != NO_ITEM])

    def _flags(self, items: Rows) -> csr_matrix:
        cells = (np.ones(len(items), np.int8), (np.zeros(len(items), int), items))
        return csr_matrix(cells, shape=(1, len(self.item_ids)))

    def _ids(self, items: Rows, scores: Scores) -> tuple[Rows, Scores]:
        found = items[0] != NO_ITEM
        return self.item_ids[items[0][found]], scores[0][found]

    def _nothing(self) -> tuple[Rows, Scores]:
        return np.empty(0, np.int64), np.empty(0, np.float32)

    def save(self, folder: Path) -> None:
        """Write the arrays and, last of all, the metadata."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _array_names():
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        text = json.dumps({**self.metadata, "format": FORMAT}, indent=2, sort_keys=True)
        (folder / "metadata.json").write_text(text)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open a saved bundle; arrays are mapped, not read.

        Raises
        ------
        BrokenBundleError
            If a file is missing or of another format.
        """
        try:
            metadata = json.loads((folder / "metadata.json").read_text())
            arrays: dict[str, NDArray[Any]] = {
                name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
                for name in _array_names()
            }
        except (OSError, ValueError) as error:
            raise BrokenBundleError(f"{folder} holds no whole bundle: {error}") from error
        if metadata.get("format") != FORMAT:
            raise BrokenBundleError(f"{folder} has format {metadata.get('format')}, not {FORMAT}")
        return cls(**arrays, metadata=metadata)


def rows_of(ids: Rows, wanted: Sequence[int] | Rows) -> Rows:
    """Return where each id stands in `ids`, which rise; -1 where it does not."""
    sought = np.asarray(wanted, np.int64)
    if len(ids) == 0:
        return np.full(len(sought), NO_ITEM)
    places = np.minimum(np.searchsorted(ids, sought), len(ids) - 1)
    return np.where(ids[places] == sought, places, NO_ITEM)


def _array_names() -> list[str]:
    return [field.name for field in fields(Bundle) if field.name != "metadata"]
