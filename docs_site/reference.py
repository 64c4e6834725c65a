"""All pages that are made of the code, by their place among the documents."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from docs_site.command_line import command_line
from docs_site.dags import dags_page
from docs_site.http_api import http_api
from docs_site.settings import settings_page
from emporium.__main__ import app
from emporium.settings import Settings
from jobs.settings import Settings as JobSettings
from operations.app import create_app as create_operations
from operations.settings import Settings as OperationsSettings
from serving.app import create_app
from serving.settings import Settings as ServingSettings
from serving.settings import WorkerSettings as ServingWorkerSettings
from storefront.settings import Settings as StorefrontSettings
from transactional.app import make_shop
from transactional.settings import Settings as ShopSettings
from transactional.settings import WorkerSettings

NOWHERE = "127.0.0.1:1"
"""The applications are asked what they can do; nothing is connected to."""
SHOP = """Accounts, catalogue, carts, orders, stock, sellers. An operator's requests need a token of an account with the role `ops`. Errors are
problem documents (RFC 9457): their `type` names the kind, `detail` says what to do. A running shop shows the same at `/docs/shop`."""
SERVING = """Search, recommendations, events of shoppers. Needs no token, but for what names customers. A running platform shows the same at
`/docs/serving`; how to send events tells [Events](../events.md)."""
OPERATIONS = """What operators do of models, DAGs and data. Every request needs a token of an account with the role `ops`. A running platform shows the
same at `/docs/operations`."""
SETTINGS: dict[str, type[BaseSettings]] = {
    "`emporium`": Settings,
    "Jobs": JobSettings,
    "The shop": ShopSettings,
    "The shop's worker": WorkerSettings,
    "Serving": ServingSettings,
    "Serving's worker": ServingWorkerSettings,
    "The pages": StorefrontSettings,
    "The operations API": OperationsSettings,
}


def pages(repository: Path) -> dict[str, str]:
    """Return the generated pages: path below `docs/` -> Markdown."""
    serving = create_app(
        ServingSettings(redis_url=f"redis://{NOWHERE}/0", mlflow_tracking_uri=f"http://{NOWHERE}")
    )
    operations = create_operations(OperationsSettings(token_secret=SecretStr("of nobody " * 4)))
    return {
        "reference/command-line.md": command_line(app),
        "reference/shop-api.md": http_api("The shop's API", SHOP, make_shop("ERROR").openapi()),
        "reference/serving-api.md": http_api("Serving's API", SERVING, serving.openapi()),
        "reference/operations-api.md": http_api(
            "The operations API", OPERATIONS, operations.openapi()
        ),
        "reference/settings.md": settings_page(SETTINGS),
        "reference/dags.md": dags_page(repository / "dags"),
    }
