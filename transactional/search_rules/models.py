"""The table of operators' wishes for searches."""

import datetime as dt

from sqlalchemy import BigInteger, DateTime, Identity, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base


class SearchRuleRow(Base):
    """A rule (`features.schemas.search_rules.SearchRule`) for searches; rows are never deleted.

    `query_keys` are its queries as two that are surely the same have them in common;
    `request_digest` is of the body that made it. Every insert and update leaves an event
    `search_rules` in the outbox, by a trigger.
    """

    __tablename__ = "search_rules"
    __table_args__ = (UniqueConstraint("created_by", "key", name="uq_search_rules_created_by"),)

    rule_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    queries: Mapped[list[str]] = mapped_column(ARRAY(Text))
    query_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    product_id: Mapped[int | None] = mapped_column(BigInteger)
    category_id: Mapped[int | None] = mapped_column(BigInteger)
    seller_id: Mapped[int | None] = mapped_column(BigInteger)
    brand: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int | None] = mapped_column(Integer)
    factor: Mapped[float | None]
    words: Mapped[list[str]] = mapped_column(ARRAY(Text))
    from_words: Mapped[list[str]] = mapped_column(ARRAY(Text))
    url: Mapped[str | None] = mapped_column(Text)
    starts_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    request_digest: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    changed_by: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    removed_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
