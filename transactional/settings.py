"""Environment of the shop (`DATABASE_URL`, `REDIS_URL`, `TOKEN_SECRET`, ...)."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseSettings):
    """What a command that only needs the database reads."""

    model_config = SettingsConfigDict(frozen=True)

    database_url: Annotated[str, Field(pattern="^postgresql://")]


class Settings(DatabaseSettings):
    """Read once, by `transactional.app`."""

    redis_url: str
    token_secret: Annotated[SecretStr, Field(min_length=32, description="signs access tokens")]
    payment_url: Annotated[str, Field(pattern="^https?://", description="of the test provider")]
    payment_webhook_secret: Annotated[SecretStr, Field(min_length=32)]
    images_url: Annotated[
        str, Field(min_length=1, description="a folder, or what fsspec reads: s3://bucket/images")
    ]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="of all prices")] = "EUR"
    orders_per_commit: Annotated[
        int, Field(ge=1, le=256, description="at most; 1 commits every order alone")
    ] = 32
    database_pool_size: Annotated[int, Field(ge=4, le=100)] = 10
