"""One migrated database for many tests: emptied before each, made anew if a test changed its tables.

A new database costs half a second of a core, most of it for partitions that stay empty.
"""

import sqlalchemy as sa

from tests import services
from transactional.migrations import upgrade

# What the tables are: a test that plants a bug in them must not leave it to the next one.
SHAPE = """
select md5(string_agg(part, ',' order by part)) from (
    select 'constraint ' || conrelid || conname as part from pg_constraint
    union all select 'trigger ' || tgrelid || tgname || tgenabled::text from pg_trigger where not tgisinternal
    union all select 'function ' || proname || md5(prosrc) from pg_proc join pg_namespace as n
        on n.oid = pronamespace where nspname = 'public'
    union all select 'column ' || attrelid || attname || attnotnull from pg_attribute
        join pg_class on pg_class.oid = attrelid where relnamespace = 'public'::regnamespace and attnum > 0
) as parts"""
ROOTS = """
select relname from pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
  and relname <> 'alembic_version' order by relname"""
KEEP = """
create schema kept;
create table kept.sequences as
    select schemaname || '.' || sequencename as name, coalesce(last_value, start_value) as last_value,
           last_value is not null as is_called
    from pg_sequences where schemaname = 'public';
"""
EMPTY = """
do $$
declare
    root text;
    kept text;
begin
    set local session_replication_role = replica;
    perform pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid();
    foreach root in array array[{roots}] loop
        execute format('delete from %%I', root);
    end loop;
    foreach kept in array array[{kept}]::text[] loop
        execute format('insert into %%I overriding system value select * from kept.%%I', kept, kept);
    end loop;
    perform setval(name::regclass, last_value, is_called) from kept.sequences;
end $$
"""


class ShopDatabase:
    """A migrated database; `url` is that of one that is as if it had just been migrated."""

    def __init__(self, server_url):
        self._server_url = server_url
        self._database = None

    def fresh(self):
        """Return the URL of the database, empty but for what the migrations put in."""
        if self._database is not None and self._shape() != self._first_shape:
            self.close()
        if self._database is None:
            self._make()
        with self._connected() as connection:
            connection.exec_driver_sql(self._empty)
        return self._url

    def close(self):
        if self._database is not None:
            self._engine.dispose()
            self._database.__exit__(None, None, None)
            self._database = None

    def _make(self):
        self._database = services.database(self._server_url)
        self._url = self._database.__enter__()
        upgrade(self._url)
        self._engine = sa.create_engine(
            self._url.replace("postgresql:", "postgresql+psycopg2:"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,  # a kept connection would be ended with all others
        )
        with self._connected() as connection:
            roots = list(connection.exec_driver_sql(ROOTS).scalars())
            connection.exec_driver_sql(KEEP)
            kept = [
                root
                for root in roots
                if connection.exec_driver_sql(f'select exists (select from "{root}")').scalar()
            ]
            for root in kept:
                connection.exec_driver_sql(f'create table kept."{root}" as table "{root}"')
        self._empty = EMPTY.format(roots=_literals(roots), kept=_literals(kept))
        self._first_shape = self._shape()

    def _shape(self):
        with self._connected() as connection:
            return connection.exec_driver_sql(SHAPE).scalar()

    def _connected(self):
        return self._engine.connect()


def _literals(names):
    return ", ".join(f"'{name}'" for name in names)
