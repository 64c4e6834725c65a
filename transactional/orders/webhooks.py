"""POST /payments/webhooks: the provider tells what a customer decided on its page."""

import json
from typing import Any

from fastapi import APIRouter, Request

from transactional.deps import utc_now
from transactional.orders.reconciling import Reconciler
from transactional.payments.signatures import BadSignatureError, verify
from web.problems import BadRequestProblem

router = APIRouter(prefix="/payments", tags=["payments"])


class BadSignatureProblem(BadRequestProblem):
    """The webhook is not from the provider."""

    type, title = "/problems/bad-signature", "Bad signature"


@router.post("/webhooks", status_code=204)
async def receive_webhook(request: Request) -> None:
    """Take notice that a payment changed; signed, and the same notice twice does nothing twice."""
    body = await request.body()
    secret: str = request.app.state.webhook_secret
    try:
        verify(body, request.headers.get("Signature", ""), secret, utc_now())
        notice: dict[str, Any] = json.loads(body)
        order_id = int(str(notice["key"]).removeprefix("order-"))
        reference = str(notice["reference"])
    except (BadSignatureError, ValueError, KeyError, TypeError) as error:
        raise BadSignatureProblem(f"Not a notice of the payment provider: {error}.") from error
    reconciler: Reconciler = request.app.state.reconciler
    await reconciler.settle_challenge(order_id, reference)
