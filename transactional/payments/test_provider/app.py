"""The test provider's process.

granian --interface asgi --factory transactional.payments.test_provider.app:create_app
"""

from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from transactional.deps import utc_now
from transactional.payments.test_provider.books import Books
from transactional.payments.test_provider.router import Bank, router
from transactional.payments.test_provider.webhooks import Webhooks


class Settings(BaseSettings):
    """Environment of the test provider (`TEST_PROVIDER_BOOKS`, ...)."""

    model_config = SettingsConfigDict(env_prefix="TEST_PROVIDER_", frozen=True)

    books: Path
    public_url: str
    webhook_url: str
    webhook_secret: SecretStr


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the provider; its books are opened, or made, at once."""
    settings = settings or Settings()
    webhooks = Webhooks(settings.webhook_url, settings.webhook_secret.get_secret_value(), utc_now)
    app = FastAPI(title="Emporium: the test payment provider")
    app.state.bank = Bank(Books(settings.books), webhooks, settings.public_url)
    app.include_router(router)
    return app
