"""Environment of the `emporium` command. Read once, by `emporium.__main__`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """`EMPORIUM_HOME`, `DATABASE_URL`, `REDIS_URL`, `SMTP_URL`, ...; all have defaults."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    emporium_home: Path = REPOSITORY / ".emporium"
    database_url: str = ""
    redis_url: str = ""
    smtp_url: str = ""
    mail_from: str = "shop@emporium.example"
    spark_master: str = "local[*]"
    spark_driver_memory: str = "1500m"
    serving_workers: Annotated[int, Field(ge=1, le=64, description="processes of serving")] = 1
    port: int = 8000

    @property
    def home(self) -> Path:
        """Folder of all state."""
        return self.emporium_home.resolve()
