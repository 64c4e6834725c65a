"""Tables of accounts: the customers, their sessions, addresses and codes."""

import datetime as dt

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base


class Account(Base):
    """A customer who can log in. `email` is in lower case."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("role in ('shopper', 'seller', 'ops')", name="known_role"),
        Index(
            "ix_accounts_tokens_valid_from",
            "tokens_valid_from",
            postgresql_where=text("tokens_valid_from is not null"),
        ),
    )

    customer_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    registered_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    tokens_valid_from: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    email_confirmed_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def has_password(self) -> bool:
        """Whether one was set: who ordered as a guest, or is gone, has none, and none is right."""
        return bool(self.password_hash)


class Address(Base):
    """Where a customer's parcels go. An order keeps a copy of its own."""

    __tablename__ = "addresses"
    __table_args__ = (
        Index("ix_addresses_customer_id", "customer_id", "address_id"),
        Index(
            "uq_addresses_default",
            "customer_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    address_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("accounts.customer_id", ondelete="CASCADE")
    )
    recipient: Mapped[str] = mapped_column(Text)
    street: Mapped[str] = mapped_column(Text)
    extra: Mapped[str | None] = mapped_column(Text)
    postal_code: Mapped[str] = mapped_column(Text)
    city: Mapped[str] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    is_default: Mapped[bool] = mapped_column(Boolean)
    updated_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class Proof(Base):
    """A code that was sent by mail; `accounts.proofs` has its SQL."""

    __tablename__ = "proofs"
    __table_args__ = (
        CheckConstraint(
            "purpose in ('confirm_email', 'reset_password', 'change_email')", name="known_purpose"
        ),
    )

    proof_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("accounts.customer_id", ondelete="CASCADE"), index=True
    )
    purpose: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class LogInSession(Base):
    """From log-in to log-out on one device; `accounts.sessions` has its SQL."""

    __tablename__ = "sessions"

    session_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("accounts.customer_id", ondelete="CASCADE"), index=True
    )
    began_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    ended_why: Mapped[str | None] = mapped_column(Text)


class RefreshToken(Base):
    """The hash of a token that continues a session, once."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("sessions.session_id", ondelete="CASCADE"), index=True
    )
    used_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
