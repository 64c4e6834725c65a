"""Writing log rows to the outbox."""

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from features.schemas.logs import Customer, OrderLine, ProductVersion, StockLevel
from features.schemas.row import LogRow
from transactional.outbox.models import OutboxEvent

KEYS: dict[type[LogRow], str] = {
    Customer: "customer_id",
    OrderLine: "order_id",
    ProductVersion: "product_id",
    StockLevel: "product_id",
}
"""Events of one key are exported in the order they happened: write them under the row's lock."""


async def record(session: AsyncSession, rows: Sequence[LogRow]) -> None:
    """Add `rows` to the outbox, in this order, in the session's transaction."""
    events = [
        {
            "event_id": row.event_id,
            "topic": row.table,
            "key": str(getattr(row, KEYS[type(row)])),
            "body": row.model_dump(mode="json", exclude={"date"}),
            "recorded_at": row.recorded_at,
        }
        for row in rows
    ]
    if events:
        await session.execute(insert(OutboxEvent), events)
