"""Many rows brought online in parts, by one process or several (features.store.materialising)."""

import numpy as np
import pytest

from bench.features import drawn
from features.schemas.lake import ProductFeatures
from features.store.materialising import Materialising
from features.store.opening import apply_definitions, open_store
from features.store.packed import PRODUCT

pytestmark = pytest.mark.live

N_ROWS, N_ROWS_A_PART = 25, 10


@pytest.mark.parametrize("n_processes", [1, 2])
def test_every_row_of_every_part_is_online_as_it_was(tmp_path, redis_url, n_processes):
    registry = tmp_path / "feast"
    store = open_store(registry, redis_url, overwrite=True)
    apply_definitions(store, tmp_path / "lake")
    rows = drawn(ProductFeatures, N_ROWS, np.random.default_rng(5)).drop_columns(["date"])
    writing = Materialising(registry, redis_url, n_processes, N_ROWS_A_PART, n_worth_processes=1)

    n_written = writing.write(store, ProductFeatures.table, rows)

    names = [f"product_features:{name}" for name in PRODUCT.columns]
    entities = [{"product_id": product_id} for product_id in rows["product_id"].to_pylist()]
    found = store.get_online_features(names, entities).to_dict()
    assert n_written == N_ROWS
    assert {name: found[name] for name in PRODUCT.columns} == {
        name: rows[name].to_pylist() for name in PRODUCT.columns
    }
