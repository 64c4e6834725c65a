"""What runs on one machine: each service's command, environment and sign of life."""

import json
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from emporium import postgres, redis
from emporium.ports import first_free_port, free_port
from emporium.settings import REPOSITORY, Settings

BIN = Path(sys.executable).parent
SPARK_CLASSES = f'"-XX:SharedArchiveFile={BIN.parent / "spark.jsa"}"'
"""Made by set-up; Java does without it where it is missing or of another version."""
DRAIN_SECONDS = 5
"""How long a service that is told to stop may finish requests: an event stream has no end of its own."""
SECRETS = ("token", "airflow", "webhook", "planner", "forms")
MLFLOW_IN_TIME = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
"""For who answers a person: MLflow's client would try for minutes."""
READY = {
    "transactional": "/readyz",
    "serving": "/readyz",
    "airflow-api": "/api/v2/monitor/health",
}
"""Paths that tell more than a sign of life does: what a service needs, Airflow's other processes."""
PLANNER_EMAIL = "planner@emporium.example"
NAMES = (
    "gateway",
    "transactional",
    "payments",
    "inbox",
    "smtp",
    "serving",
    "live-states",
    "feature-push",
    "storefront",
    "operations",
    "mlflow",
    "airflow-api",
)


@dataclass(frozen=True)
class Service:
    """A process to run. `probe` is an HTTP path or "" for a bare connection; None: none."""

    name: str
    command: list[str]
    port: int | None = None
    probe: str | None = None
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Site:
    """Where everything is in one run: folders, ports and URLs."""

    home: Path
    ports: dict[str, int]
    database_url: str
    airflow_database_url: str
    mlflow_database_url: str
    feature_registry_url: str
    redis_url: str
    embedded: tuple[str, ...]
    spark_master: str
    spark_driver_memory: str
    smtp_url: str
    mail_from: str
    serving_workers: int
    code_version: str

    def url(self, name: str) -> str:
        """Return a service's URL."""
        return f"http://127.0.0.1:{self.ports[name]}"


def temporary(site: Site) -> Path:
    """Return the folder of what nobody needs once the site has stopped."""
    return site.home / "tmp"


def plan(settings: Settings, code_version: str) -> Site:
    """Choose ports and URLs: given servers are used, missing ones are embedded."""
    ports = {name: free_port() for name in ("postgres", "redis", *NAMES)}
    ports["gateway"] = first_free_port(settings.port)
    shop = settings.database_url or postgres.url(ports["postgres"], "shop")
    prefix = urlsplit(shop).path + "_" if settings.database_url else "/"
    return Site(
        home=settings.home,
        ports=ports,
        database_url=shop,
        airflow_database_url=urlsplit(shop)._replace(path=f"{prefix}airflow").geturl(),
        mlflow_database_url=urlsplit(shop)._replace(path=f"{prefix}mlflow").geturl(),
        feature_registry_url=urlsplit(shop)._replace(path=f"{prefix}features").geturl(),
        redis_url=settings.redis_url or redis.url(ports["redis"]),
        embedded=tuple(
            name
            for name, url in (("postgres", settings.database_url), ("redis", settings.redis_url))
            if not url
        ),
        spark_master=settings.spark_master,
        spark_driver_memory=settings.spark_driver_memory,
        smtp_url=settings.smtp_url,
        mail_from=settings.mail_from,
        serving_workers=settings.serving_workers,
        code_version=code_version,
    )


def stores(site: Site) -> list[Service]:
    """Return the embedded servers of a site."""
    folders = {name: site.home / name for name in ("postgres", "redis")}
    folders["redis"].mkdir(parents=True, exist_ok=True)
    commands = {
        "postgres": postgres.command(folders["postgres"], site.ports["postgres"]),
        "redis": redis.command(folders["redis"], site.ports["redis"]),
    }
    return [Service(n, commands[n], site.ports[n], probe="") for n in site.embedded]


def applications(site: Site) -> list[Service]:
    """Return everything that runs above the stores."""
    return [
        Service("mlflow", mlflow_command(site), site.ports["mlflow"], "/health"),
        *airflow_services(site),
        Service("payments", granian("transactional.payments.test_provider.app:create_app",
                site.ports["payments"]), site.ports["payments"], "/healthz"),
        Service("transactional", granian_shop(site.ports["transactional"]),
                site.ports["transactional"], "/healthz"),
        Service("worker", [sys.executable, "-m", "transactional.worker"]),
        Service("landing", [sys.executable, "-m", "jobs.land_events"]),
        *inbox_service(site),
        Service("serving", granian("serving.app:create_app", site.ports["serving"], site.serving_workers),
                site.ports["serving"], "/healthz"),
        serving_worker("live-states", "states", site.ports["live-states"]),
        serving_worker("feature-push", "feature-store", site.ports["feature-push"]),
        Service("operations", granian("operations.app:create_app", site.ports["operations"]),
                site.ports["operations"], "/healthz", MLFLOW_IN_TIME),
        Service("storefront", granian("storefront.app:create_app", site.ports["storefront"]),
                site.ports["storefront"], "/healthz"),
        Service("gateway", granian("emporium.gateway_process:create_app", site.ports["gateway"]),
                site.ports["gateway"], "/healthz"),
    ]  # fmt: skip


def serving_worker(name: str, part: str, port: int) -> Service:
    """Return one part of serving's worker; its metrics are its sign of life."""
    command = [sys.executable, "-m", "serving.worker", part]
    return Service(name, command, port, "/metrics", {"WORKER_PORT": str(port)})


def inbox_service(site: Site) -> list[Service]:
    """Return the inbox of a site that has no mail server."""
    if site.smtp_url:
        return []
    factory = "transactional.notifications.inbox.app:create_app"
    own = {
        "INBOX_FILE": str(site.home / "inbox.sqlite"),
        "INBOX_SMTP_PORT": str(site.ports["smtp"]),
    }
    port = site.ports["inbox"]
    return [Service("inbox", granian(factory, port), port, "/healthz", own)]


def granian_shop(port: int) -> list[str]:
    """Return the command of the shop: as granian's own interface has it, for HTTP/1.1 (`web.rsgi`)."""
    return granian("transactional.app:create_served", port, interface=("rsgi", "--http", "1"))


def granian(
    factory: str, port: int, n_workers: int = 1, interface: Sequence[str] = ("asgi",)
) -> list[str]:
    """Return the command of a service."""
    options = ["--interface", *interface, "--factory", "--host", "127.0.0.1", "--port", str(port)]
    options += [
        "--workers",
        str(n_workers),
        "--no-ws",
        "--workers-kill-timeout",
        str(DRAIN_SECONDS),
    ]
    return [str(BIN / "granian"), *options, factory]


def mlflow_command(site: Site) -> list[str]:
    """Return the command of the MLflow server."""
    artifacts = site.home / "mlflow" / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    store = site.mlflow_database_url.replace("postgresql:", "postgresql+psycopg2:")
    options = {
        "--host": "127.0.0.1",
        "--port": str(site.ports["mlflow"]),
        "--workers": "1",
        "--backend-store-uri": store,
        "--artifacts-destination": str(artifacts),
    }
    return [str(BIN / "mlflow"), "server", *[part for pair in options.items() for part in pair]]


def airflow_services(site: Site) -> list[Service]:
    """Return Airflow's three processes."""
    airflow, port = str(BIN / "airflow"), site.ports["airflow-api"]
    api = [airflow, "api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    return [
        Service("airflow-api", api, port, "/api/v2/version"),
        Service("airflow-scheduler", [airflow, "scheduler", "--skip-serve-logs"]),
        Service("airflow-dag-processor", [airflow, "dag-processor"]),
    ]


def environment(site: Site) -> dict[str, str]:
    """Return the environment that all services of a site share."""
    kept = secret_values(site.home)
    own = {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",  # noqa: TID251
        "PYTHONPATH": str(REPOSITORY),
        "EMPORIUM_HOME": str(site.home),
        "DATABASE_URL": site.database_url,
        "REDIS_URL": site.redis_url,
        "MLFLOW_TRACKING_URI": site.url("mlflow"),
        "FEATURE_REGISTRY_URL": site.feature_registry_url,
        "TOKEN_SECRET": kept["token"],
        "CODE_VERSION": site.code_version,
        "SMTP_URL": site.smtp_url or f"smtp://127.0.0.1:{site.ports['smtp']}",
        "MAIL_FROM": site.mail_from,
        **payment_environment(site, kept["webhook"]),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_SUBMIT_OPTS": f'{SPARK_CLASSES} "-Djava.io.tmpdir={temporary(site)}"',
        "SPARK_LOCAL_DIRS": str(temporary(site)),
        "TMPDIR": str(temporary(site)),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "GATEWAY_TRANSACTIONAL_URL": site.url("transactional"),
        "GATEWAY_SERVING_URL": site.url("serving"),
        "GATEWAY_STOREFRONT_URL": site.url("storefront"),
        "STOREFRONT_SHOP_URL": site.url("transactional"),
        "STOREFRONT_SERVING_URL": site.url("serving"),
        "STOREFRONT_OPERATIONS_URL": site.url("operations"),
        "GATEWAY_OPERATIONS_URL": site.url("operations"),
        **operations_environment(site),
        "STOREFRONT_SECRET": kept["forms"],
        "GATEWAY_INBOX_URL": "" if site.smtp_url else site.url("inbox"),
        "GATEWAY_AIRFLOW_URL": site.url("airflow-api"),
        "GATEWAY_MLFLOW_URL": site.url("mlflow"),
        "GATEWAY_DATA_DOCS": str(site.home / "data_docs"),
    }
    defaults = {
        "IMAGES_URL": str(site.home / "images"),
        # Whoever has another shop, or an account of their own for the plan of purchases, says so.
        "SHOP_URL": site.url("transactional"),
        "SHOP_OPERATOR_EMAIL": PLANNER_EMAIL,
        "SHOP_OPERATOR_PASSWORD": kept["planner"],
    }
    return {**defaults, **os.environ, **own, **airflow_environment(site, kept)}  # noqa: TID251


def payment_environment(site: Site, webhook_secret: str) -> dict[str, str]:
    """Return what the shop and its test payment provider know of each other."""
    return {
        "PAYMENT_URL": site.url("payments"),
        "PAYMENT_WEBHOOK_SECRET": webhook_secret,
        "TEST_PROVIDER_BOOKS": str(site.home / "payments.sqlite"),
        "TEST_PROVIDER_PUBLIC_URL": site.url("payments"),
        "TEST_PROVIDER_WEBHOOK_URL": f"{site.url('transactional')}/api/v1/payments/webhooks",
        "TEST_PROVIDER_WEBHOOK_SECRET": webhook_secret,
    }


def probes(site: Site) -> dict[str, str]:
    """Return where each service that answers HTTP says whether it is ready."""
    return {
        each.name: f"http://127.0.0.1:{each.port}{READY.get(each.name, each.probe)}"
        for each in applications(site)
        if each.port and each.probe
    }


def operations_environment(site: Site) -> dict[str, str]:
    """Return what the operations API knows of the others."""
    return {
        "OPERATIONS_AIRFLOW_URL": site.url("airflow-api"),
        "OPERATIONS_INBOX_URL": "" if site.smtp_url else site.url("inbox"),
        "OPERATIONS_PROBES": json.dumps(probes(site)),
    }


def airflow_environment(site: Site, kept: dict[str, str]) -> dict[str, str]:
    """Return Airflow's settings: LocalExecutor, four slots, metadata in PostgreSQL."""
    api = site.url("airflow-api")
    metadata = site.airflow_database_url.replace("postgresql:", "postgresql+psycopg2:")
    spark = {"conn_type": "spark", "host": site.spark_master, "extra": {"deploy-mode": "client"}}
    sections = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__DEFAULT_POOL_TASK_SLOT_COUNT": "4",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "CORE__EXECUTION_API_SERVER_URL": f"{api}/execution/",
        "CORE__FERNET_KEY": kept["fernet"],
        "DATABASE__SQL_ALCHEMY_CONN": metadata,
        "API__BASE_URL": api,
        "API__SECRET_KEY": kept["airflow"],
        "API_AUTH__JWT_SECRET": kept["airflow"],
        "DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        # A file that changed is read at once; the others need not take time from the jobs.
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        "LOGGING__LOGGING_LEVEL": "INFO",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    named = {f"AIRFLOW__{name}": value for name, value in sections.items()}
    return {
        **named,
        "AIRFLOW_HOME": str(site.home / "airflow"),
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps(spark),
        "AIRFLOW_VAR_SPARK_DRIVER_MEMORY": site.spark_driver_memory,
    }


def secret_values(home: Path) -> dict[str, str]:
    """Return this home's secrets, made once; only its owner may read the file."""
    path = home / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = {name: secrets.token_urlsafe(48) for name in SECRETS if name not in kept}
    if "fernet" not in kept:
        missing["fernet"] = _fernet_key()
    if missing:
        home.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(json.dumps({**kept, **missing}))
        aside.replace(path)
    return {**kept, **missing}


def _fernet_key() -> str:
    from cryptography.fernet import Fernet  # noqa: PLC0415 - needed once in a home's life

    return Fernet.generate_key().decode()
