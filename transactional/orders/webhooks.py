"""POST /payments/webhooks: the provider tells what a customer decided on its page."""

import re

from fastapi import APIRouter, Request

from transactional.orders.reconciling import Reconciler
from transactional.payments.notices import BadNoticeError, Notices
from web.problems import BadRequestProblem

router = APIRouter(prefix="/payments", tags=["payments"])
KEY = re.compile(r"order-([0-9]{1,18})")


class BadSignatureProblem(BadRequestProblem):
    """The webhook is not from the provider."""

    type, title = "/problems/bad-signature", "Bad signature"


@router.post("/webhooks", status_code=204)
async def receive_webhook(request: Request) -> None:
    """Take notice that a payment changed; signed, and the same notice twice does nothing twice."""
    notices: Notices = request.app.state.notices
    try:
        notice = notices.read(await request.body(), request.headers)
    except BadNoticeError as error:
        raise BadSignatureProblem(f"Not a notice of the payment provider: {error}.") from error
    key = KEY.fullmatch(notice.key) if notice else None
    if notice is None or key is None:  # about something the shop never asked for
        return
    reconciler: Reconciler = request.app.state.reconciler
    await reconciler.settle_challenge(int(key[1]), notice.reference)
