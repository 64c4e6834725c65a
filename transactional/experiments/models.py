"""The table of experiments."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base


class ExperimentRow(Base):
    """An experiment in its present version; rows are never deleted.

    `design` is a `features.schemas.experiments.Design`; `stopped_arms` are arm -> why. Every insert and
    update leaves an event `experiments` in the outbox, by a trigger: the lake has all versions.
    """

    __tablename__ = "experiments"
    __table_args__ = (UniqueConstraint("created_by", "key", name="uq_experiments_created_by"),)

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    experiment_version: Mapped[int] = mapped_column(BigInteger)
    layer: Mapped[str] = mapped_column(Text)
    traffic_basis_points: Mapped[int] = mapped_column(Integer)
    design: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    first_bucket: Mapped[int | None] = mapped_column(Integer)
    stopped_arms: Mapped[dict[str, str]] = mapped_column(JSONB)
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
