"""Environment of serving (`EMPORIUM_HOME`, `REDIS_URL`, `MLFLOW_TRACKING_URI`, ...)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.search.languages import ENGLISH, Language


class Shared(BaseSettings):
    """What serving and its worker both need to know."""

    model_config = SettingsConfigDict(frozen=True)

    emporium_home: Path = Path(".emporium")
    index_root: Path | None = None
    feast_root: Path | None = None
    feature_registry_url: Annotated[
        str, Field(description="PostgreSQL database of the feature store's registry")
    ] = ""
    redis_url: str
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    poll_seconds: Annotated[float, Field(gt=0, description="between looks for new versions")] = 3.0

    @property
    def index(self) -> Path:
        """Folder of the search index."""
        return (self.index_root or self.emporium_home / "index").resolve()

    @property
    def feast(self) -> Path | str:
        """The feature store's registry: PostgreSQL, or a folder without any."""
        folder = self.feast_root or self.emporium_home / "feast"
        return self.feature_registry_url or folder.resolve()


class WorkerSettings(Shared):
    """Read once, by `serving.worker`."""

    worker_port: Annotated[int, Field(ge=0, description="of its metrics; 0: nowhere")] = 0


class Settings(Shared):
    """Read once, by `serving.app`."""

    opensearch_url: str = ""
    opensearch_alias: str = "emporium-products"
    search_language: Language = ENGLISH
    mlflow_tracking_uri: str
    lake_root: Path | None = None
    token_secret: Annotated[
        SecretStr, Field(description="the shop's: reads operators' tokens; without it nobody's")
    ] = SecretStr("")
    trusted_proxies: Annotated[
        str, Field(description="networks of our own proxies and pages, as `web.proxies` reads them")
    ] = ""
    events_waiting: Annotated[
        int, Field(ge=1, description="entries that the stream of events may hold")
    ] = 500_000
    event_ids_known: Annotated[
        int,
        Field(ge=1, description="of events taken last: at least so many are told from new ones"),
    ] = 200_000
    events_per_second: Annotated[
        int, Field(ge=100, description="that one address may send; five times as many at once")
    ] = 1_000
    events_tell_purchases: bool = False
    live_features: Annotated[
        bool, Field(description="whether lists and searches follow what was done this minute")
    ] = True

    @property
    def lake(self) -> Path:
        """Folder of the lake."""
        return (self.lake_root or self.emporium_home / "lake").resolve()

    @property
    def index_copies(self) -> Path:
        """Folder for each process's copy of the index; links need it on the index's file system."""
        return self.index / "copies"

    @property
    def models(self) -> Path:
        """Folder for models fetched from the registry."""
        return (self.emporium_home / "serving" / "models").resolve()

    @property
    def search_rankers(self) -> Path:
        """Folder for search rankers fetched from the registry."""
        return (self.emporium_home / "serving" / "search_rankers").resolve()
