"""The lists beside products and categories, packed like everything else that serving reads."""

from collections.abc import Iterator

import pyarrow as pa

from features.schemas.lake import CategoryLists, ItemLists
from features.schemas.row import Row
from features.store.definitions import TIMES
from features.store.packed import list_key, pack_list

ALSO_BOUGHT = f"{ItemLists.table}.also_bought_ids"
BOUGHT_TOGETHER = f"{ItemLists.table}.bought_together_ids"
TRENDING = f"{CategoryLists.table}.trending_ids"
TRENDING_NOW = "live.trending_now"
"""Of `WHOLE_SHOP`, out of this hour's events: serving's worker writes it, not a batch."""
WHOLE_SHOP = 0

PACKED_LISTS: dict[type[Row], tuple[str, ...]] = {
    ItemLists: (ALSO_BOUGHT, BOUGHT_TOGETHER),
    CategoryLists: (TRENDING,),
}
"""Lists of ids by table, each `<table>.<column>`."""


def packed_lists(row: type[Row], table: pa.Table) -> Iterator[tuple[str, bytes]]:
    """Yield key and value of each list of a table's rows."""
    [entity] = [name for name in row.key if name not in TIMES]
    entity_ids, times = table[entity].to_pylist(), table["available_at"].to_pylist()
    for name in PACKED_LISTS[row]:
        lists = table[name.partition(".")[2]].to_pylist()
        for entity_id, available_at, ids in zip(entity_ids, times, lists, strict=True):
            yield list_key(name, entity_id), pack_list(available_at, ids or ())
