"""Environment of the `emporium` command. Read once, by `emporium.__main__`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """Where the platform keeps its state, and what it uses instead of starting its own."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    emporium_home: Annotated[
        Path, Field(description="folder of all state; `.emporium` in the repository")
    ] = REPOSITORY / ".emporium"
    database_url: Annotated[
        str, Field(description="a PostgreSQL of your own; without it one is started")
    ] = ""
    redis_url: Annotated[
        str, Field(description="a Redis of your own; without it one is started")
    ] = ""
    smtp_url: Annotated[
        str, Field(description="a mail server; without it mails go to an inbox of the platform's")
    ] = ""
    mail_from: Annotated[str, Field(description="the sender of mails")] = "shop@emporium.example"
    spark_master: Annotated[str, Field(description="where Spark's jobs run")] = "local[*]"
    spark_driver_memory: Annotated[str, Field(description="of each of Spark's jobs")] = "1500m"
    serving_workers: Annotated[int, Field(ge=1, le=64, description="processes of serving")] = 1
    port: Annotated[int, Field(description="of the gateway, on this machine")] = 8000

    @property
    def home(self) -> Path:
        """Folder of all state."""
        return self.emporium_home.resolve()
