"""The table `accounts`."""

import datetime as dt

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Text
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base


class Account(Base):
    """A customer who can log in. `email` is in lower case."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("role in ('shopper', 'ops')", name="known_role"),)

    customer_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    registered_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
