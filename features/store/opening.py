"""Open the feature store on given paths and servers."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from feast import FeatureStore, RepoConfig
from feast.data_source import PushMode
from feast.repo_config import RegistryConfig

from features.store.definitions import definitions
from features.store.sql_registry import DRIVER, PREFIX, alone, make_tables, registry_config

__all__ = ["FeatureStore", "PushMode", "apply_definitions", "connection_string", "open_store"]

REGISTRY_SECONDS = 60
Registry = Path | str
"""Where definitions are kept: a database of PostgreSQL by its URL, or a folder for a file of one process."""


def open_store(
    registry: Registry,
    redis_url: str,
    *,
    overwrite: bool = False,
    entity_seconds: int | None = None,
) -> FeatureStore:
    """Return the store: its registry, Parquet offline in the lake, Redis online.

    Parameters
    ----------
    registry
        Made if it is not there. Definitions that were read are kept for `REGISTRY_SECONDS`.
    overwrite
        Write values of an equal or older time too. For the one job that publishes a rebuilt day;
        everybody else leaves newer values alone.
    entity_seconds
        How long an entity is kept online after the last write through this store, with all its views;
        for ever unless told.

    Raises
    ------
    psycopg2.OperationalError
        If the registry's PostgreSQL can't be reached.
    """
    online = {
        "type": "redis",
        "connection_string": connection_string(redis_url),
        "skip_dedup": overwrite,
        "key_ttl_seconds": entity_seconds,
    }
    if isinstance(registry, Path):
        registry.mkdir(parents=True, exist_ok=True)
        path = str(registry / "registry.db")
        return _store(RegistryConfig(path=path, cache_ttl_seconds=REGISTRY_SECONDS), online)
    with alone(registry) as cursor:
        make_tables(registry, cursor)
        store = _store(registry_config(registry, REGISTRY_SECONDS), online)
        _ = store.registry  # opened here and now: it writes into the tables
    return store


def _store(registry: RegistryConfig | dict[str, Any], online: dict[str, Any]) -> FeatureStore:
    return FeatureStore(
        config=RepoConfig(
            project="emporium",
            provider="local",
            registry=registry,
            online_store=online,
            offline_store={"type": "file"},
            entity_key_serialization_version=3,
        )
    )


def apply_definitions(store: FeatureStore, lake: Path) -> None:
    """Register the entities, views, push sources and feature services; services of before stay.

    Of several who apply to a registry in PostgreSQL one comes after the other.
    """
    made = definitions(lake)
    with _applying(store), warnings.catch_warnings():
        # Ours are few columns over rows that are joined already.
        warnings.filterwarnings("ignore", "On demand feature view is an experimental feature")
        store.apply([*made.entities, *made.sources, *made.views, *made.on_demand, *made.services])


@contextlib.contextmanager
def _applying(store: FeatureStore) -> Iterator[None]:
    path = str(store.config.registry.path)
    if not path.startswith(DRIVER):
        yield
        return
    with alone(PREFIX + path.removeprefix(DRIVER)):
        yield


def connection_string(redis_url: str) -> str:
    """Return a Redis URL in Feast's form, `host:port,option=value,...`."""
    parts = urlsplit(redis_url)
    options = [f"db={parts.path.strip('/') or 0}"]
    if parts.username:
        options.append(f"username={parts.username}")
    if parts.password:
        options.append(f"password={parts.password}")
    if parts.scheme == "rediss":
        options.append("ssl=true")
    return ",".join([f"{parts.hostname}:{parts.port or 6379}", *options])
