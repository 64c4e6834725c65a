"""What is served: everything that answers a request at once, in files that are memory-mapped.

Nothing in the folder is code. Ids are the shop's; inside, users and items are rows.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from models.ids import among, rows_of
from models.ranking.asked import Asked
from models.ranking.first_stage import Candidates
from models.ranking.quick_order import QuickOrder, quick_order
from models.ranking.saving import load_order, save_order
from models.ranking.second_stage import N_SHORTLISTED, LearnedOrder, Order, TwoStages
from models.ranking.shortlists import Shortlists, shortlists
from models.recommender import Features, Known
from models.retrieval.content import ContentRetriever
from models.retrieval.contract import NO_ITEM
from models.retrieval.histories import Histories, Rows, Scores
from models.retrieval.items import Items
from models.retrieval.links import Links, Reached
from models.retrieval.saving import BrokenModelError, load, save
from models.retrieval.successors import SuccessorsRetriever

FORMAT = 6
FEATURE_SERVICE = "feature_service"
"""The key of the metadata that names what the order learned from."""
N_LINKS = 50
MEMORY_EVENTS = 4.0
"""Of what was looked at, weights fall to 1/e over so many."""

FADING = np.exp(-np.arange(1_000) / MEMORY_EVENTS).astype(np.float32)


@dataclass(frozen=True)
class Shortlist:
    """One user's candidates, m of them: `user` is their row, `item_ids` rise."""

    user: int
    item_ids: Rows


@dataclass(frozen=True)
class Catalogued:
    """Users and items by rising id, and what the users did before the model was made."""

    user_ids: Rows
    item_ids: Rows
    histories: Histories


@dataclass(frozen=True)
class LiveRecommender:
    """Candidates found beforehand, put in order when asked for; and where each item leads.

    Parameters
    ----------
    order
        Puts shortlists in order, with what is known at that moment.
    following
        What is met after an item; for an item that nobody met, what is like it.
    alike
        Of whose text an item's is like.
    metadata
        `models` names what found the candidates, in the order of their opinions; `feature_service`, if it is
        there, what the order was taught by (`features.schemas.feature_sets`).
    """

    past: Catalogued
    shortlists: Shortlists
    order: Order
    following: Links
    alike: Links
    metadata: dict[str, Any]

    @cached_property
    def n_events(self) -> Rows:
        """How many events each item had, shape (n_items,)."""
        return np.bincount(self.past.histories.items, minlength=len(self.past.item_ids))

    @cached_property
    def _quick(self) -> QuickOrder | None:
        if not isinstance(self.order, LearnedOrder):
            return None
        return quick_order(self.order, self.past.histories)

    def shortlist(self, user_id: int) -> Shortlist | None:
        """Return a user's candidates, none of which they had to do with; None of the unknown."""
        [user] = rows_of(self.past.user_ids, [user_id])
        if user == NO_ITEM:
            return None
        items = self.shortlists.items[user]
        items = items[np.searchsorted(items, 0) :]
        return Shortlist(int(user), self.past.item_ids[items]) if len(items) else None

    def candidates(self, shortlist: Shortlist) -> Candidates:
        """Return what the models say of a shortlist."""
        return self.shortlists.of_user(shortlist.user)

    def scores(
        self, shortlist: Shortlist, item_features: Features, user_features: Features
    ) -> Scores:
        """Return what to order candidates by, shape (m,).

        Parameters
        ----------
        item_features : array of shape (m, len(PRODUCT_COLUMNS))
        user_features : array of shape (len(USER_COLUMNS),)
        """
        if self._quick is not None:
            return self._quick.scores(self.shortlists, shortlist.user, item_features, user_features)
        asked = self.asked(shortlist.user, user_features)
        return np.asarray(self.order.score(self.candidates(shortlist), asked)[0])

    def asked(self, user: int, user_features: Features) -> Asked:
        """Return a user as orders want them."""
        history = self.past.histories.part(np.array([user]))
        return Asked(history, _NOTHING_SEEN, user_features[None])

    def news(self, user_id: int, item_ids: Sequence[int]) -> list[int]:
        """Return which of the items the user had nothing to do with before the model was made."""
        [user] = rows_of(self.past.user_ids, [user_id])
        if user == NO_ITEM:
            return list(item_ids)
        starts = self.past.histories.starts
        had = self.past.histories.items[starts[user] : starts[user + 1]]
        rows = rows_of(self.past.item_ids, item_ids)
        known = among(rows, had) & (rows != NO_ITEM)
        return [item_id for item_id, old in zip(item_ids, known, strict=True) if not old]

    def last_met(self, user_id: int, n: int) -> list[int]:
        """Return the ids of a user's last n items before the model was made, the latest first."""
        [user] = rows_of(self.past.user_ids, [user_id])
        if user == NO_ITEM:
            return []
        start, end = self.past.histories.starts[user : user + 2]
        rows = self.past.histories.items[max(start, end - n) : end][::-1]
        return list(dict.fromkeys(self.past.item_ids[rows].tolist()))

    def after(self, item_ids: Sequence[int]) -> Reached:
        """Return the ids of items for somebody who met these, the latest first; none of them."""
        met, weights = self._met(item_ids)
        found = self.following.reached(met, weights)
        new = ~among(found.items, met)
        ids = self.past.item_ids
        return Reached(ids[found.items[new]], found.scores[new], ids[found.sources[new]])

    def led_by(self, item_ids: Sequence[int], met_ids: Sequence[int]) -> list[int]:
        """Return which of the items met, the latest first, leads to each item most; 0 where none."""
        met, weights = self._met(met_ids)
        sources = self.following.strongest_source(
            rows_of(self.past.item_ids, item_ids), met, weights
        )
        return [int(self.past.item_ids[row]) if row >= 0 else 0 for row in sources.tolist()]

    def _met(self, item_ids: Sequence[int]) -> tuple[Rows, Scores]:
        rows = rows_of(self.past.item_ids, list(dict.fromkeys(item_ids)))
        known = rows != NO_ITEM
        return rows[known], FADING[: len(rows)][known]

    def similar(self, item_id: int) -> tuple[Rows, Scores]:
        """Return the ids of the items whose text is most like one's, and the cosines."""
        [row] = rows_of(self.past.item_ids, [item_id])
        if row == NO_ITEM:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        items, weights = self.alike.of_item(int(row))
        return self.past.item_ids[items], weights

    def save(self, folder: Path) -> None:
        """Write everything and, last of all, the metadata."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in PARTS:
            save(getattr(self, name), folder / name)
        save_order(self.order, folder / "order")
        text = json.dumps({**self.metadata, "format": FORMAT}, indent=2, sort_keys=True)
        (folder / "metadata.json").write_text(text)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open a saved recommender; arrays are mapped, not read.

        Raises
        ------
        BrokenModelError
            If a file is missing or of another format.
        """
        metadata = read_metadata(folder, FORMAT)
        parts = {name: load(kind, folder / name) for name, kind in PARTS.items()}
        return cls(**parts, order=load_order(folder / "order"), metadata=metadata)


PARTS: dict[str, type[Any]] = {
    "past": Catalogued,
    "shortlists": Shortlists,
    "following": Links,
    "alike": Links,
}
_NOTHING_SEEN = csr_matrix((1, 1))  # a shortlist is without it already


def live_recommender(
    known: Known, stages: TwoStages, kind: str, metadata: dict[str, Any]
) -> LiveRecommender:
    """Find every known user's candidates, and where every item leads."""
    models, order = stages.only(kind)
    everybody = known.asked(np.arange(len(known.user_ids)))
    alike, following = links(known.histories, known.items)
    names = [type(model).__name__.removesuffix("Retriever") for model in models]
    return LiveRecommender(
        past=Catalogued(
            known.user_ids, known.item_ids, replace(known.histories, shown=None)
        ),  # what was shown has told the models all it can
        shortlists=shortlists(models, everybody, stages.n_each, N_SHORTLISTED),
        order=order,
        following=following,
        alike=alike,
        metadata={**metadata, "kind": kind, "models": names},
    )


def links(histories: Histories, items: Items) -> tuple[Links, Links]:
    """Return what each item is like, and what is met after it; of unmet items, what is like them."""
    alike = Links.of_vectors(ContentRetriever().fit(histories, items).item_vectors_, N_LINKS)
    met = Links.of_matrix(SuccessorsRetriever().fit(histories, items).links_, N_LINKS)
    unmet = met.items[:, 0] == NO_ITEM if met.items.size else np.zeros(0, bool)
    met.items[unmet], met.weights[unmet] = alike.items[unmet], alike.weights[unmet]
    # Whatever was looked at has the same say, however much is known of it.
    strongest = np.maximum(met.weights.max(axis=1, initial=0, keepdims=True), 1e-30)
    return alike, Links(met.items, met.weights / strongest)


def read_metadata(folder: Path, format_: int) -> dict[str, Any]:
    """Return what is known of a saved model.

    Raises
    ------
    BrokenModelError
        If it can't be read or is of another format.
    """
    try:
        metadata: dict[str, Any] = json.loads((folder / "metadata.json").read_text())
    except (OSError, ValueError) as error:
        raise BrokenModelError(f"{folder} holds no whole model: {error}") from error
    if metadata.get("format") != format_:
        raise BrokenModelError(f"{folder} has format {metadata.get('format')}, not {format_}")
    return metadata
