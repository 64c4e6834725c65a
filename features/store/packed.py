"""Features of many entities in few bytes: the online rows again, packed for one MGET per request.

Feast keeps a hash of protobufs per entity; reading all columns of 100 products takes its SDK
milliseconds. Beside each row lies one string: `available_at` (seconds since 1970), then the view's
numeric columns in the table's order, little-endian float64, nan for null. Whole numbers are exact
up to 2**53, which is as far as ids go. A list of ids is `available_at`, then little-endian int64.

What is read is what Feast's `get_online_features` returns. That does not look at a view's time to
live: a row that is too old is returned like any other (feast 0.67, `utils.py`), and so it is here.
"""

import datetime as dt
import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.live.shoppers import Shopper
from features.live.states import state_key
from features.schemas.column import columns
from features.schemas.lake import ProductFeatures, UserFeatures
from features.schemas.row import Row
from features.store.definitions import PUSHED, TIMES

N_DIGEST = 6
ITEM_BYTES = 8

Numbers = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """What a packed row of a view holds, and where it lies.

    `prefix` has a digest of the columns: a table whose columns changed has other keys, so that
    nothing is ever read with another layout than it was written with.
    """

    view: str
    entity: str
    columns: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """Return how the keys of this view begin, whatever their layout."""
        initials = "".join(word[0] for word in self.view.split("_"))
        return f"f:{initials}:"  # hundreds of keys go over the wire for each list

    @cached_property
    def _key(self) -> str:
        digest = hashlib.sha256(",".join(self.columns).encode()).hexdigest()[:N_DIGEST]
        return f"{self.prefix}{digest}:"

    def keys(self, entity_ids: Iterable[int]) -> list[str]:
        """Return the Redis keys of entities."""
        key = self._key
        return [f"{key}{entity_id}" for entity_id in entity_ids]

    def places(self, names: Sequence[str]) -> list[int]:
        """Return where some columns stand in an unpacked row.

        Raises
        ------
        ValueError
            If the view has no such column.
        """
        return [self.columns.index(name) for name in names]


def layout(row: type[Row]) -> Layout:
    """Return the layout of a view's table: its numbers, without the entity's id and the times."""
    [entity] = [name for name in row.key if name not in TIMES]
    numbers = tuple(
        column.name
        for column in columns(row)
        if column.type in (int, float) and column.name not in (entity, *TIMES)
    )
    return Layout(row.table, entity, numbers)


PRODUCT = layout(ProductFeatures)
USER = layout(UserFeatures)
PACKED: dict[type[Row], Layout] = {ProductFeatures: PRODUCT, UserFeatures: USER}
"""The views whose rows are packed."""


def pack(shape: Layout, table: pa.Table) -> Iterator[tuple[str, bytes]]:
    """Yield key and value of each row of a view's table."""
    times = pc.cast(table["available_at"], pa.int64()).to_numpy() / 1e6
    numbers = [pc.cast(table[name], pa.float64(), safe=False).to_numpy() for name in shape.columns]
    packed = np.column_stack([times, *numbers]).astype("<f8").tobytes()
    width = ITEM_BYTES * (1 + len(shape.columns))
    for number, key in enumerate(shape.keys(table[shape.entity].to_pylist())):
        yield key, packed[number * width : (number + 1) * width]


def unpack(shape: Layout, values: Sequence[bytes | None]) -> Numbers:
    """Return packed rows as an array.

    Returns
    -------
    array of shape (n_values, 1 + n_columns), read-only
        First `available_at` in seconds since 1970, then the columns; all nan where there is none.

    Raises
    ------
    ValueError
        If a value is not as long as the layout says.
    """
    unknown = struct.pack("<d", np.nan) * (1 + len(shape.columns))
    known = values if None not in values else [value or unknown for value in values]
    packed = b"".join(known)  # type: ignore[arg-type]
    return np.frombuffer(packed, "<f8").reshape(len(values), 1 + len(shape.columns))


def list_key(view: str, entity_id: int) -> str:
    """Return the Redis key of an entity's list."""
    return f"packed:{view}:{entity_id}"


def pack_list(available_at: dt.datetime, ids: Iterable[int]) -> bytes:
    """Return a list of ids as a value."""
    packed_ids = np.fromiter(ids, "<i8").tobytes()
    return struct.pack("<d", available_at.timestamp()) + packed_ids


def unpack_list(value: bytes | None) -> Ids:
    """Return a packed list; empty where there is none."""
    return np.frombuffer(value or bytes(ITEM_BYTES), "<i8", offset=ITEM_BYTES)


def list_time(value: bytes | None) -> float:
    """Return when a list was available from, in seconds since 1970; minus infinity for none."""
    return -np.inf if value is None else float(struct.unpack_from("<d", value)[0])


ListName = tuple[str, int]
"""A list and whose it is: `features.store.packed_lists` names the lists."""

USER_LISTS = tuple(PUSHED)
"""The lists that are read with a user's row."""


@dataclass(frozen=True)
class Wanted:
    """What one request needs: features of candidates, of the user unless a guest asks, and lists.

    `shoppers` names the live states of who asks (`features.live.shoppers.names_of`).
    """

    product_ids: Sequence[int] = ()
    user_id: int | None = None
    lists: Sequence[ListName] = ()
    shoppers: Sequence[str] = ()

    @property
    def keys(self) -> list[str]:
        """The keys to read, all at once: products, then the others."""
        return PRODUCT.keys(self.product_ids) + self.other_keys

    @property
    def other_keys(self) -> list[str]:
        """The keys of lists and live states, then of what is the user's."""
        keys = [list_key(name, entity_id) for name, entity_id in self.lists]
        keys += [state_key("shopper", name) for name in self.shoppers]
        if self.user_id is not None:
            keys += USER.keys([self.user_id])
            keys += [list_key(view, self.user_id) for view in USER_LISTS]
        return keys


@dataclass(frozen=True)
class Found:
    """What the store knows, nan and empty lists where it does not.

    Parameters
    ----------
    products : array of shape (n_product_ids, len(PRODUCT.columns))
    user : array of shape (len(USER.columns),)
    user_lists
        By view (`USER_LISTS`): ids, the newest first.
    lists
        Ids by the names that were asked for.
    product_times : array of shape (n_product_ids,)
        Since when each row holds, in seconds since 1970; nan for none. None if nobody tells.
    times
        The same of the user's row and of lists, by view; of what is there.
    shoppers
        The live states there are, by name.
    """

    products: Numbers
    user: Numbers
    user_lists: Mapping[str, Ids]
    lists: Mapping[ListName, Ids]
    product_times: Numbers | None = None
    times: Mapping[str, float] = field(default_factory=dict)
    shoppers: Mapping[str, Shopper] = field(default_factory=dict)


def found(wanted: Wanted, values: Sequence[bytes | None]) -> Found:
    """Return the features out of the values of `wanted.keys`."""
    n_products = len(wanted.product_ids)
    live = n_products + len(wanted.lists)
    of_user = live + len(wanted.shoppers)
    user, *user_lists = values[of_user:] or [None] * (1 + len(USER_LISTS))
    lists = values[n_products:live]
    products = unpack(PRODUCT, values[:n_products])
    told = [
        *((name, value) for (name, _), value in zip(wanted.lists, lists, strict=True)),
        (USER.view, user),
        *zip(USER_LISTS, user_lists, strict=True),
    ]
    return Found(
        products[:, 1:],
        unpack(USER, [user])[0, 1:],
        dict(zip(USER_LISTS, map(unpack_list, user_lists), strict=True)),
        dict(zip(wanted.lists, map(unpack_list, lists), strict=True)),
        products[:, 0],
        {view: list_time(value) for view, value in told if value},
        {
            name: Shopper.of_json(value)
            for name, value in zip(wanted.shoppers, values[live:of_user], strict=True)
            if value
        },
    )
