"""An order with all that has become of it, as it is shown."""

from transactional.fulfilment.repository import FulfilmentRepository
from transactional.fulfilment.schemas import Progress, RefundView, ReturnView, ShipmentView
from transactional.orders.models import Order
from transactional.orders.views import view_of


async def progress_of(order: Order, fulfilment: FulfilmentRepository) -> Progress:
    """Read what belongs to an order and show it."""
    shipments = await fulfilment.shipments(order.order_id)
    returns = await fulfilment.returns(order.order_id)
    refunds = await fulfilment.refunds(order.order_id)
    return Progress(
        order=view_of(order),
        shipments=[ShipmentView.model_validate(each, from_attributes=True) for each in shipments],
        returns=[ReturnView.model_validate(each, from_attributes=True) for each in returns],
        refunds=[RefundView.model_validate(each, from_attributes=True) for each in refunds],
    )
