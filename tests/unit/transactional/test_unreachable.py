"""Which errors say that PostgreSQL is away (transactional.errors)."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from transactional.errors import is_unreachable


class DriverError(Exception):
    """What a driver raises, with PostgreSQL's code."""

    def __init__(self, sqlstate):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def wrapped(sqlstate, kind=DBAPIError, *, invalidated=False):
    return kind("select 1", {}, DriverError(sqlstate), connection_invalidated=invalidated)


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        pytest.param(wrapped("57P03"), True, id="starting up"),
        pytest.param(wrapped("57P01"), True, id="shutting down"),
        pytest.param(wrapped("53300"), True, id="too many connections"),
        pytest.param(wrapped("08006"), True, id="connection broke"),
        pytest.param(wrapped(None, invalidated=True), True, id="connection lost in a statement"),
        pytest.param(wrapped(None, OperationalError), True, id="operational"),
        pytest.param(asyncpg.InternalClientError("got no state"), True, id="killed under asyncpg"),
        pytest.param(asyncpg.CannotConnectNowError("starting up"), True, id="direct: starting"),
        pytest.param(asyncpg.InterfaceError("connection is closed"), True, id="direct: closed"),
        pytest.param(asyncpg.UniqueViolationError("twice"), False, id="direct: a rule"),
        pytest.param(ConnectionRefusedError(), True, id="nobody listens"),
        pytest.param(wrapped("23505", IntegrityError), False, id="a rule of the database"),
        pytest.param(wrapped("42601"), False, id="a wrong statement"),
        pytest.param(ValueError(), False, id="a fault of ours"),
    ],
)
def test_only_what_says_that_the_server_is_away_counts(error, is_away):
    assert is_unreachable(error) is is_away
