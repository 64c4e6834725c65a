"""Where the stores are, for the batch jobs. Read once, by `jobs.runner`."""

import math
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.search.languages import ENGLISH, Language


class Settings(BaseSettings):
    """Environment of a job (`EMPORIUM_HOME`, `DATABASE_URL`, ...)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    emporium_home: Path = Path(".emporium")
    lake_root: Path | None = None
    index_root: Path | None = None
    database_url: str = ""
    redis_url: str = ""
    mlflow_tracking_uri: str = ""
    feature_registry_url: str = ""
    opensearch_url: str = ""
    opensearch_alias: str = "emporium-products"
    search_language: Language = ENGLISH
    holiday_country: Annotated[
        str, Field(description="whose holidays count, where the calendar has several countries'")
    ] = ""
    shop_url: str = ""
    shop_operator_email: str = ""
    shop_operator_password: SecretStr = SecretStr("")
    purchase_budget_cents: float = math.inf
    quality_bounds: dict[str, float] = {}
    landing_seconds: Annotated[
        float, Field(gt=0, description="between batches of events brought to the lake")
    ] = 30.0
    publishing_processes: Annotated[
        int, Field(ge=0, description="that write features online at a time; 0: one for each core")
    ] = 0
    code_version: str = "unknown"
    spark_master: str = "local[*]"

    @property
    def lake(self) -> Path:
        """Folder of the lake."""
        return (self.lake_root or self.emporium_home / "lake").resolve()

    @property
    def index(self) -> Path:
        """Folder of the search index."""
        return (self.index_root or self.emporium_home / "index").resolve()

    @property
    def judgments(self) -> Path:
        """File of people's grades of search answers; it need not be there."""
        return (self.emporium_home / "judgments.csv").resolve()

    @property
    def holidays(self) -> Path:
        """File of the calendar of holidays; it need not be there."""
        return (self.emporium_home / "holidays.csv").resolve()

    @property
    def feast(self) -> Path | str:
        """The feature store's registry: PostgreSQL, or a folder of the home without any."""
        return self.feature_registry_url or (self.emporium_home / "feast").resolve()

    @property
    def metrics(self) -> Path:
        """Folder of figures for Prometheus' textfile collector."""
        return (self.emporium_home / "metrics").resolve()

    @property
    def reports(self) -> Path:
        """Folder of the figures each job leaves for people."""
        return (self.emporium_home / "reports").resolve()
