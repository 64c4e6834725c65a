"""The provider's books: one SQLite file, committed before any answer leaves."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TABLES = """
create table if not exists authorisations (
    reference integer primary key,
    key text not null unique,
    amount_cents integer not null check (amount_cents > 0),
    currency text not null,
    method text not null,
    status text not null,
    captured_cents integer not null default 0 check (captured_cents between 0 and amount_cents),
    refunded_cents integer not null default 0 check (refunded_cents between 0 and captured_cents)
);
create table if not exists operations (key text primary key, reference integer not null);
"""
COLUMNS = "reference, key, amount_cents, currency, method, status, captured_cents, refunded_cents"


class NotPossibleError(Exception):
    """The authorisation is not in a state, or has not the money, for this."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An authorisation as the books have it."""

    reference: int
    key: str
    amount_cents: int
    currency: str
    method: str
    status: str
    captured_cents: int
    refunded_cents: int


class Books:
    """Every key is done once. One process owns the file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        # A kill -9 of the process loses nothing that was committed; a power cut might.
        self._connection.executescript("pragma journal_mode = wal; pragma synchronous = normal;")
        self._connection.executescript(TABLES)

    def authorise(
        self, wanted: Sequence[tuple[str, int, str, str, str]]
    ) -> list[tuple[Entry, bool]]:
        """Enter (key, amount_cents, currency, method, status) unless the key is known.

        Return for each, in order, what the books have and whether it is new.
        """
        with self._transaction():
            return [self._authorise(each) for each in wanted]

    def entry(self, reference: int) -> Entry:
        """Return an authorisation; `KeyError` if there is none."""
        return self._entry("reference", reference)

    def entries(self) -> list[Entry]:
        """Return everything."""
        found = self._connection.execute(f"select {COLUMNS} from authorisations order by 1")  # noqa: S608 - names of ours
        return [Entry(*row) for row in found]

    def answer_challenge(self, reference: int, status: str) -> Entry:
        """Set what the customer decided on the page; a second decision changes nothing."""
        with self._transaction():
            self._connection.execute(
                "update authorisations set status = ? where reference = ?"
                " and status = 'action_required'",
                (status, reference),
            )
            return self.entry(reference)

    def capture(self, reference: int, amount_cents: int, key: str) -> Entry:
        """Take held money, once; `NotPossibleError` if it is not held, or not so much."""
        return self._operate(
            key,
            reference,
            "update authorisations set status = 'captured', captured_cents = :cents"
            " where reference = :reference and status = 'authorised' and amount_cents >= :cents",
            amount_cents,
        )

    def void(self, reference: int, key: str) -> Entry:
        """Let held money go; `NotPossibleError` if it was taken."""
        return self._operate(
            key,
            reference,
            "update authorisations set status = 'voided' where reference = :reference"
            " and status in ('authorised', 'action_required', 'voided', 'declined')",
            0,
        )

    def refund(self, reference: int, amount_cents: int, key: str) -> Entry:
        """Give taken money back; `NotPossibleError` if it is more than was taken."""
        return self._operate(
            key,
            reference,
            "update authorisations set refunded_cents = refunded_cents + :cents"
            " where reference = :reference and refunded_cents + :cents <= captured_cents",
            amount_cents,
        )

    def _operate(self, key: str, reference: int, statement: str, cents: int) -> Entry:
        with self._transaction():
            taken = self._connection.execute(
                "insert into operations values (?, ?) on conflict do nothing", (key, reference)
            )
            if taken.rowcount == 1:
                done = self._connection.execute(statement, {"reference": reference, "cents": cents})
                if done.rowcount == 0:
                    raise NotPossibleError(f"not possible for {self.entry(reference)}")
            return self.entry(reference)

    def _authorise(self, wanted: tuple[str, int, str, str, str]) -> tuple[Entry, bool]:
        entered = self._connection.execute(
            "insert into authorisations (key, amount_cents, currency, method, status)"
            " values (?, ?, ?, ?, ?) on conflict (key) do nothing",
            wanted,
        )
        return self._entry("key", wanted[0]), entered.rowcount == 1

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._connection)

    def _entry(self, column: str, value: object) -> Entry:
        query = f"select {COLUMNS} from authorisations where {column} = ?"  # noqa: S608 - names of ours
        row = self._connection.execute(query, (value,)).fetchone()
        if row is None:
            raise KeyError(value)
        return Entry(*row)


class _Transaction:
    """Begin immediately, commit at the end, roll back on an error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("begin immediate")

    def __exit__(self, error: object, *_: object) -> None:
        self._connection.execute("rollback" if error else "commit")
