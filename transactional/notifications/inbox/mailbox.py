"""The mails that came: one SQLite file, committed before a mail is acknowledged."""

import datetime as dt
import email
import email.policy
import sqlite3
from dataclasses import dataclass
from pathlib import Path

TABLE = """
create table if not exists mails (
    number integer primary key,
    message_id text not null unique,
    recipients text not null,
    subject text not null,
    body text not null,
    received_at text not null
)"""
NEWEST = 2**62
"""Above the number of any mail."""
COLUMNS = "number, message_id, recipients, subject, body, received_at"


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail as it came."""

    number: int
    message_id: str
    recipients: str
    subject: str
    body: str
    received_at: str


class Mailbox:
    """Holds each `Message-ID` once, as many mail servers do. One process owns the file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute(TABLE)

    def receive(self, raw: bytes, recipients: list[str], now: dt.datetime) -> bool:
        """Keep a mail; false if it had come before."""
        message = email.message_from_bytes(raw, policy=email.policy.default)
        body = message.get_body(("plain", "html"))
        values = (
            str(message["Message-ID"]),
            ", ".join(recipients),
            str(message["Subject"]),
            body.get_content() if body else "",
            now.isoformat(),
        )
        statement = (
            "insert into mails (message_id, recipients, subject, body, received_at)"
            " values (?, ?, ?, ?, ?) on conflict do nothing"
        )
        return self._connection.execute(statement, values).rowcount == 1

    def latest(self, recipient: str, limit: int, below: int = NEWEST) -> list[ReceivedMail]:
        """Return the newest mails of numbers below one, to whom `recipient` is a part of the address.

        "" is a part of every address.
        """
        query = (
            f"select {COLUMNS} from mails where instr(recipients, ?)"  # noqa: S608 - names of ours
            " and number < ? order by number desc limit ?"
        )
        values = (recipient, below, limit)
        return [ReceivedMail(*row) for row in self._connection.execute(query, values)]
