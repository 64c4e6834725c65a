"""Tables of planning: on what terms products are bought, and which moves are proposed.

Proposed purchase orders are rows of `purchase_orders` (`transactional.stock.models`).
"""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base


class SupplyTerms(Base):
    """From whom a product is bought and on what terms; without a row it is not planned."""

    __tablename__ = "supply_terms"
    __table_args__ = (Index("ix_supply_terms_supplier", "supplier", "product_id"),)

    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    supplier: Mapped[str] = mapped_column(Text)
    unit_cost_cents: Mapped[int] = mapped_column(BigInteger)
    pack_size: Mapped[int] = mapped_column(BigInteger)
    minimum_order: Mapped[int] = mapped_column(BigInteger)
    shelf_life_days: Mapped[int | None] = mapped_column(Integer)
    service_class: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    changed_by: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class ProposedTransfer(Base):
    """Units to move from one warehouse to another: a draft until it is moved or rejected."""

    __tablename__ = "proposed_transfers"
    __table_args__ = (Index("ix_proposed_transfers_status", "status", "transfer_id"),)

    transfer_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    run_day: Mapped[dt.date] = mapped_column(Date)
    product_id: Mapped[int] = mapped_column(BigInteger)
    from_warehouse_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("warehouses.warehouse_id")
    )
    to_warehouse_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("warehouses.warehouse_id"))
    quantity: Mapped[int] = mapped_column(BigInteger)
    n_proposed: Mapped[int] = mapped_column(BigInteger)
    explanation: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[int] = mapped_column(BigInteger)
    edited_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    edited_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(Text)


class PlanningRun(Base):
    """A day whose plan was taken; none of an earlier day is taken after it."""

    __tablename__ = "planning_runs"

    run_day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    made_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    made_by: Mapped[int] = mapped_column(BigInteger)


class DemandRate(Base):
    """How many units of a product are foreseen to be wanted a day: what days of cover are counted by."""

    __tablename__ = "demand_rates"

    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    units_per_day: Mapped[float] = mapped_column(Double)
    told_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
