"""A list of each user's, kept fresh as events come in: in Feast, and packed beside it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.store.definitions import PUSHED, PUSHED_TTL, push_name
from features.store.opening import FeatureStore, PushMode
from features.store.packed import list_key, list_time, pack_list
from features.store.packed_redis import N_AT_ONCE, PackedFeatures


@dataclass(frozen=True)
class UserList:
    """A user's list of items, the newest first, as of a moment."""

    user_id: int
    item_ids: Sequence[int]
    available_at: dt.datetime


@dataclass(frozen=True)
class UserLists:
    """The lists of one view of `PUSHED`, read and replaced user by user."""

    view: str
    store: FeatureStore
    packed: PackedFeatures

    def read(self, user_ids: Sequence[int]) -> dict[int, list[int]]:
        """Return the list of each user, empty for one who has none."""
        column = PUSHED[self.view]
        entities = [{"user_id": user_id} for user_id in user_ids]
        found: Any = self.store.get_online_features([f"{self.view}:{column}"], entities).to_dict()
        return dict(zip(user_ids, ([*(ids or ())] for ids in found[column]), strict=True))

    def push(self, lists: Sequence[UserList]) -> None:
        """Replace users' lists. Whoever is killed between the two stores pushes again."""
        frame = pd.DataFrame(
            {
                "user_id": [one.user_id for one in lists],
                PUSHED[self.view]: [list(one.item_ids) for one in lists],
                "available_at": pd.to_datetime([one.available_at for one in lists], utc=True),
            }
        )
        self.store.push(push_name(self.view), frame, to=PushMode.ONLINE)
        self._pack(lists)

    def publish(self, batch: pa.Table) -> int:
        """Replace users' lists by a batch's, but not one that events made newer.

        Parameters
        ----------
        batch
            Table `UserFeatures` of one day.

        Returns
        -------
        int
            How many lists were replaced.
        """
        rows = batch.select(["user_id", PUSHED[self.view], "available_at"])
        rows = rows.filter(pc.is_valid(rows[PUSHED[self.view]]))  # a day of before the column was
        parts = (rows.slice(start, N_AT_ONCE) for start in range(0, len(rows), N_AT_ONCE))
        return sum(self._publish(part) for part in parts)

    def _publish(self, rows: pa.Table) -> int:
        keys = [list_key(self.view, user_id) for user_id in rows["user_id"].to_pylist()]
        known = np.array([list_time(value) for value in self.packed.values(keys)])
        told = pc.cast(rows["available_at"], pa.int64()).to_numpy() / 1e6
        older = rows.filter(pa.array(known <= told))
        if len(older):
            self.store.write_to_online_store(self.view, df=older.to_pandas())
        told_lists = zip(*(older[name].to_pylist() for name in older.column_names), strict=True)
        self._pack([UserList(user_id, ids, at) for user_id, ids, at in told_lists])
        return len(older)

    def _pack(self, lists: Sequence[UserList]) -> None:
        packed = (
            (list_key(self.view, one.user_id), pack_list(one.available_at, one.item_ids))
            for one in lists
        )
        self.packed.write_lists(packed, PUSHED_TTL)
