"""The feature store's registry in PostgreSQL, shared by all who use the store (features.store.sql_registry)."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg2
import pytest

from features.schemas.feature_sets import RECOMMENDER
from features.store.describing import applied, defined, differences
from features.store.opening import apply_definitions, open_store
from jobs.settings import Settings

pytestmark = pytest.mark.live


@pytest.fixture
def settings(tmp_path, redis_url, database_url):
    return Settings(
        emporium_home=tmp_path,
        database_url="",
        redis_url=redis_url,
        feature_registry_url=database_url,
    )


def opened(settings):
    return open_store(settings.feast, settings.redis_url)


def test_many_who_make_and_apply_it_at_once_leave_one_whole_registry(settings):
    def apply(_):
        apply_definitions(opened(settings), settings.lake)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(apply, range(4)))

    assert differences(defined(settings.lake), applied(opened(settings))) == []


def test_a_service_that_a_model_was_trained_on_stays_when_another_set_is_applied(
    settings, monkeypatch
):
    apply_definitions(opened(settings), settings.lake)
    monkeypatch.setattr("features.store.definitions.FEATURE_SETS", ())

    apply_definitions(opened(settings), settings.lake)

    [service] = opened(settings).list_feature_services()
    assert service.name == RECOMMENDER.service
    assert service.tags == RECOMMENDER.views


def close(database_url, postgres_server):
    """Let nobody in any more, and everybody out."""
    name = database_url.rpartition("/")[2]
    with contextlib.closing(psycopg2.connect(postgres_server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"alter database {name} allow_connections false")
            ending = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
            cursor.execute(ending, [name])


def test_what_was_read_goes_on_while_postgresql_is_away(settings, database_url, postgres_server):
    store = opened(settings)
    apply_definitions(store, settings.lake)
    store.refresh_registry()

    close(database_url, postgres_server)
    store.registry.cached_registry_proto_created -= timedelta(hours=1)  # what was kept is too old

    view = store.registry.get_feature_view("product_features", store.project, allow_cache=True)

    assert view.name == "product_features"
    with pytest.raises(psycopg2.OperationalError):
        opened(settings)
