"""Environment of the shop (`DATABASE_URL`, `REDIS_URL`, `TOKEN_SECRET`, ...)."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseSettings):
    """What a command that only needs the database reads."""

    model_config = SettingsConfigDict(frozen=True)

    database_url: Annotated[str, Field(pattern="^postgresql://")]


class WorkerSettings(DatabaseSettings):
    """Read once, by `transactional.worker`."""

    redis_url: str
    token_secret: Annotated[SecretStr, Field(min_length=32, description="makes codes of mails")]
    smtp_url: Annotated[
        SecretStr, Field(description="smtp://[user:password@]host[:port], smtps:// for TLS at once")
    ]
    mail_from: Annotated[str, Field(pattern="^[^@\\s]+@[^@\\s]+$", description="of all mails")]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class Settings(DatabaseSettings):
    """Read once, by `transactional.app`; of the payment providers only the chosen one's are needed."""

    model_config = SettingsConfigDict(
        frozen=True,
        validate_default=False,
        hide_input_in_errors=True,  # a process that does not start logs why, never a secret
    )

    redis_url: str
    token_secret: Annotated[SecretStr, Field(min_length=32, description="signs access tokens")]
    payment_provider: Literal["test", "stripe"] = "test"
    payment_url: Annotated[str, Field(pattern="^https?://", description="of the test provider")] = (
        ""
    )
    payment_webhook_secret: Annotated[SecretStr, Field(min_length=32)] = SecretStr("")
    stripe_api_key: Annotated[SecretStr, Field(min_length=8)] = SecretStr("")
    stripe_webhook_secret: Annotated[SecretStr, Field(min_length=8)] = SecretStr("")
    stripe_return_url: Annotated[
        str, Field(pattern="^https?://", description="where customers come back to from their bank")
    ] = ""
    stripe_api_base: Annotated[str, Field(pattern="^https?://")] = "https://api.stripe.com"
    images_url: Annotated[
        str, Field(min_length=1, description="a folder, or what fsspec reads: s3://bucket/images")
    ]
    trusted_proxies: Annotated[
        str, Field(description="networks of our own proxies and pages, as `web.proxies` reads them")
    ] = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="of all prices")] = "EUR"
    orders_per_commit: Annotated[
        int, Field(ge=1, le=256, description="at most; 1 commits every order alone")
    ] = 32
    payout_after_days: Annotated[
        int, Field(ge=0, le=365, description="sellers are paid what was delivered so long ago")
    ] = 14
    payout_minimum_cents: Annotated[int, Field(ge=1, description="less waits for the next run")] = (
        100
    )
    database_pool_size: Annotated[int, Field(ge=4, le=100)] = 10

    @model_validator(mode="after")
    def _has_what_its_provider_needs(self) -> Self:
        needed = NEEDED[self.payment_provider]
        missing = [name.upper() for name in needed if name not in self.model_fields_set]
        if missing:
            raise ValueError(
                f"PAYMENT_PROVIDER={self.payment_provider} needs {', '.join(missing)}: set them, or"
                " choose another provider."
            )
        return self


NEEDED = {
    "test": ("payment_url", "payment_webhook_secret"),
    "stripe": ("stripe_api_key", "stripe_webhook_secret", "stripe_return_url"),
}
