"""The gateway as a process of its own.

granian --interface asgi --factory emporium.gateway_process:create_app
"""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette

from emporium import gateway


class GatewaySettings(BaseSettings):
    """Environment of the gateway (`GATEWAY_SERVING_URL`, ...)."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    transactional_url: str
    serving_url: str
    airflow_url: str = ""
    mlflow_url: str = ""
    inbox_url: str = ""
    storefront_url: str = ""
    operations_url: str = ""
    data_docs: Path | None = None


def create_app() -> Starlette:
    """Return the gateway to the services that the environment names."""
    settings = GatewaySettings()
    links = {"Airflow": settings.airflow_url, "MLflow": settings.mlflow_url}
    return gateway.create_app(
        gateway.Gateway(
            shop_url=settings.transactional_url,
            serving_url=settings.serving_url,
            inbox_url=settings.inbox_url,
            data_docs=settings.data_docs,
            storefront_url=settings.storefront_url,
            operations_url=settings.operations_url,
            links={name: url for name, url in links.items() if url},
        )
    )
