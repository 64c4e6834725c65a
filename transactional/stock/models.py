"""The tables `warehouses` and `stock`."""

import datetime as dt

from sqlalchemy import BigInteger, Boolean, DateTime, ForeignKey, Identity, Text
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base


class Warehouse(Base):
    """Where units lie; a closed one sends nothing and its units cannot be sold."""

    __tablename__ = "warehouses"

    warehouse_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    is_open: Mapped[bool] = mapped_column(Boolean)


class Stock(Base):
    """Units of a product in a warehouse: what is there, and what of it is promised to orders.

    Constraint of the table: 0 ≤ reserved ≤ on hand. It is the last of three guards against selling
    more than there is; the others are the decision under lock and the condition of the update.
    """

    __tablename__ = "stock"

    product_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("products.product_id"), primary_key=True
    )
    warehouse_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("warehouses.warehouse_id"), primary_key=True
    )
    n_on_hand: Mapped[int] = mapped_column(BigInteger)
    n_reserved: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class StockEntry(Base):
    """A movement, written in the transaction that made it and never changed.

    The entries of a product and warehouse add up to its row of `stock`.
    """

    __tablename__ = "stock_ledger"

    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(BigInteger)
    delta_on_hand: Mapped[int] = mapped_column(BigInteger)
    delta_reserved: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    occurred_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
