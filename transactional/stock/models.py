"""The table `stock`."""

import datetime as dt

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base


class Stock(Base):
    """Units that can be sold now; the constraint is the last of three guards against selling more."""

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("n_available >= 0", name="not_negative"),)

    product_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("products.product_id"), primary_key=True, autoincrement=False
    )
    n_available: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
