"""Environment of the operations API (`EMPORIUM_HOME`, `OPERATIONS_AIRFLOW_URL`, ...). Read by `operations.app`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Url = Annotated[str, Field(pattern="^(https?://.*)?$")]


class Settings(BaseSettings):
    """What is not named is not there: its routes say so."""

    model_config = SettingsConfigDict(
        env_prefix="OPERATIONS_", frozen=True, populate_by_name=True, hide_input_in_errors=True
    )

    home: Annotated[Path, Field(validation_alias="EMPORIUM_HOME")] = Path(".emporium")
    lake_root: Annotated[Path | None, Field(validation_alias="LAKE_ROOT")] = None
    token_secret: Annotated[SecretStr, Field(min_length=32, validation_alias="TOKEN_SECRET")]
    mlflow_url: Annotated[str, Field(validation_alias="MLFLOW_TRACKING_URI")] = ""
    airflow_url: Url = ""
    inbox_url: Url = ""
    mlflow_page: Annotated[
        Url, Field(description="where people open MLflow; else `mlflow_url`")
    ] = ""
    airflow_page: Annotated[Url, Field(description="where people open Airflow")] = ""
    probes: Annotated[
        dict[str, str], Field(description="service -> URL that answers 200 while it is ready")
    ] = {}
    trusted_proxies: Annotated[
        str,
        Field(
            validation_alias="TRUSTED_PROXIES",
            description="networks of our own proxies and pages, as `web.proxies` reads them",
        ),
    ] = ""
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(validation_alias="LOG_LEVEL")
    ] = "INFO"

    @property
    def lake(self) -> Path:
        """Folder of the lake."""
        return (self.lake_root or self.home / "lake").resolve()

    @property
    def reports(self) -> Path:
        """Folder of what jobs leave for people."""
        return (self.home / "reports").resolve()

    @property
    def airflow_people(self) -> str:
        """Where people open Airflow."""
        return self.airflow_page or self.airflow_url

    @property
    def mlflow_people(self) -> str:
        """Where people open MLflow."""
        return self.mlflow_page or self.mlflow_url

    @property
    def state(self) -> Path:
        """File in which a supervisor on this machine says what it runs."""
        return self.home / "run" / "state.json"
