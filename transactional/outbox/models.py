"""The outbox and its readers' places; the outbox's shape is a contract with `jobs` (docs/architecture.md)."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from transactional.database import Base


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's xid8: a reader takes only rows below `pg_snapshot_xmin(pg_current_snapshot())`."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
        """Return the type's name in DDL."""
        return "xid8"


class OutboxEvent(Base):
    """A row of a log (`topic` is its table), to be exported in order of `position`."""

    __tablename__ = "outbox"

    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    transaction_id: Mapped[int] = mapped_column(
        TransactionId, server_default=text("pg_current_xact_id()")
    )
    event_id: Mapped[str] = mapped_column(Text, unique=True)
    topic: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    recorded_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("clock_timestamp()")
    )


class OutboxPlace(Base):
    """How far a reader is: the highest position it saw, and the batch it is delivering."""

    __tablename__ = "outbox_readers"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    batch: Mapped[int] = mapped_column(BigInteger, server_default="0")
    positions: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")


class OutboxGap(Base):
    """A position below a reader's highest that it has not seen: its transaction may still be open."""

    __tablename__ = "outbox_gaps"

    name: Mapped[str] = mapped_column(
        Text, ForeignKey("outbox_readers.name", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    below_transaction: Mapped[int] = mapped_column(TransactionId)
    noted_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
