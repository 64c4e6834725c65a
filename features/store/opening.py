"""Open the feature store on given paths and servers."""

from pathlib import Path
from urllib.parse import urlsplit

from feast import FeatureStore, RepoConfig
from feast.data_source import PushMode
from feast.repo_config import RegistryConfig

from features.store.definitions import definitions

__all__ = ["FeatureStore", "PushMode", "apply_definitions", "connection_string", "open_store"]

REGISTRY_SECONDS = 60


def open_store(
    home: Path, redis_url: str, *, overwrite: bool = False, entity_seconds: int | None = None
) -> FeatureStore:
    """Return the store: registry in `home`, Parquet offline in the lake, Redis online.

    Parameters
    ----------
    overwrite
        Write values of an equal or older time too. For the one job that publishes a rebuilt day;
        everybody else leaves newer values alone.
    entity_seconds
        How long an entity is kept online after the last write through this store, with all its views;
        for ever unless told.
    """
    home.mkdir(parents=True, exist_ok=True)
    online = {
        "type": "redis",
        "connection_string": connection_string(redis_url),
        "skip_dedup": overwrite,
        "key_ttl_seconds": entity_seconds,
    }
    return FeatureStore(
        config=RepoConfig(
            project="emporium",
            provider="local",
            registry=RegistryConfig(
                path=str(home / "registry.db"), cache_ttl_seconds=REGISTRY_SECONDS
            ),
            online_store=online,
            offline_store={"type": "file"},
            entity_key_serialization_version=3,
        )
    )


def apply_definitions(store: FeatureStore, lake: Path) -> None:
    """Register the entities, views, push sources and feature service."""
    entities, views, sources, service = definitions(lake)
    store.apply([*entities, *sources, *views, service])


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
