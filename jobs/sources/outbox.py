"""Collect the shop's outbox: every change the shop committed, in order, once."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

import psycopg2

from features.schemas.logs import LOGS
from jobs.raw import RawBatches, RawRow, raw_row

SOURCE = "outbox"
N_ROWS_AT_ONCE = 20_000
NAMES = {row.table: [name for name in row.model_fields if name != "date"] for row in LOGS}
# Events of reviews had no `recorded_at` before reviews were a log: the row's own stands in.
# A position is visible to us only once no older transaction is still open: otherwise one that
# commits late, with a lower position than we have passed, would be skipped for ever.
QUERY = """
    select transaction_id::text || '-' || position, topic,
           (jsonb_build_object('recorded_at', recorded_at) || body)::text, recorded_at
    from outbox
    where (transaction_id, position) > (%(transaction)s::xid8, %(position)s)
      and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
    order by transaction_id, position
    limit %(limit)s
"""


@dataclass(frozen=True)
class Outbox:
    """The outbox table of the shop's database at `dsn`."""

    dsn: str

    def collect(self, batches: RawBatches, date: dt.date) -> int:
        """Append what was recorded up to the end of `date` and not yet collected; return how much.

        Collection stops at the first row of a later day. A row that became visible only after its
        own day had been collected goes to the day of the run that first sees it: `date` is when
        the platform knew.
        """
        end = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), dt.UTC)
        n_collected = 0
        with psycopg2.connect(self.dsn) as connection, connection.cursor() as cursor:
            while True:
                transaction, position = batches.position(SOURCE).split("-")
                cursor.execute(
                    QUERY,
                    {"transaction": transaction, "position": position, "limit": N_ROWS_AT_ONCE},
                )
                rows = cursor.fetchall()
                due = _before(rows, end)
                if due:
                    batches.append(SOURCE, due[-1][0], _by_table(due), date)
                    n_collected += len(due)
                if len(due) < N_ROWS_AT_ONCE:
                    return n_collected


OutboxRow = tuple[str, str, str, dt.datetime]


def _before(rows: list[OutboxRow], end: dt.datetime) -> list[OutboxRow]:
    for n, row in enumerate(rows):
        if row[3] >= end:
            return rows[:n]
    return rows


def _by_table(rows: list[OutboxRow]) -> dict[str, list[RawRow]]:
    tables: dict[str, list[RawRow]] = defaultdict(list)
    for _, topic, body, _ in rows:
        if topic in NAMES:
            tables[topic].append(raw_row(body, NAMES[topic]))
    return tables
