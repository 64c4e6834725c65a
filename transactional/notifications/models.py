"""The table `mails`."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base


class Mail(Base):
    """What an event has to be told of by mail. No address and no text: both are made at sending.

    `next_try_at` is null once there is nothing more to do: it was sent, or nobody can get it.
    """

    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_to_send", "next_try_at", postgresql_where=text("next_try_at is not null")),
    )

    event_id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    next_try_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    n_tries: Mapped[int] = mapped_column(Integer, server_default="0")
    sent_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    last_error: Mapped[str | None] = mapped_column(Text)
