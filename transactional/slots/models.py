"""The table of operators' wishes for slots."""

import datetime as dt

from sqlalchemy import BigInteger, DateTime, Identity, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base


class SlotRuleRow(Base):
    """A rule (`features.schemas.slots.SlotRule`) of a slot; rows are never deleted.

    Every insert and update leaves an event `slot_rules` in the outbox, by a trigger.
    """

    __tablename__ = "slot_rules"
    __table_args__ = (
        UniqueConstraint("created_by", "key", name="uq_slot_rules_created_by"),
        Index("ix_slot_rules_slot", "slot", "rule_id"),
    )

    rule_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    slot: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    product_id: Mapped[int | None] = mapped_column(BigInteger)
    category_id: Mapped[int | None] = mapped_column(BigInteger)
    seller_id: Mapped[int | None] = mapped_column(BigInteger)
    position: Mapped[int | None] = mapped_column(Integer)
    factor: Mapped[float | None]
    starts_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    changed_by: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    removed_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
