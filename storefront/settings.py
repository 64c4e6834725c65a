"""Environment of the storefront (`STOREFRONT_SHOP_URL`, `CURRENCY`, ...)."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, by `storefront.app`."""

    model_config = SettingsConfigDict(
        env_prefix="STOREFRONT_", frozen=True, populate_by_name=True, hide_input_in_errors=True
    )

    shop_url: Annotated[str, Field(pattern="^https?://", description="of `transactional`")]
    serving_url: Annotated[str, Field(pattern="^https?://")]
    operations_url: Annotated[
        str, Field(pattern="^(https?://.*)?$", description="without it the desk shows less")
    ] = ""
    secret: Annotated[SecretStr, Field(min_length=32, description="signs the tokens of forms")]
    trusted_proxies: Annotated[
        str,
        Field(
            validation_alias="TRUSTED_PROXIES",
            description="networks of our own proxies and pages, as `web.proxies` reads them",
        ),
    ] = ""
    language: Annotated[str, Field(pattern="^[a-z]{2}$", description="a file of texts/")] = "en"
    currency: Annotated[
        str, Field(pattern="^[A-Z]{3}$", validation_alias="CURRENCY", description="of all prices")
    ] = "EUR"
    stripe_publishable_key: Annotated[
        str,
        Field(
            pattern="^(pk_[A-Za-z0-9_]+)?$",
            validation_alias="STRIPE_PUBLISHABLE_KEY",
            description="of the account that the shop charges by; none: test cards",
        ),
    ] = ""
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(validation_alias="LOG_LEVEL")
    ] = "INFO"
