"""Stripe's webhooks: header `Stripe-Signature`, checked by Stripe's library."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from stripe import SignatureVerificationError, WebhookSignature

from transactional.payments.notices import BadNoticeError, Notice
from transactional.payments.signatures import TOLERANCE


@dataclass(frozen=True)
class StripeNotices:
    """Reads events; `secret` is the endpoint's signing secret (`whsec_...`)."""

    secret: str

    def read(self, body: bytes, headers: Mapping[str, str]) -> Notice | None:
        """Return whose payment intent an event is of; None for any other event."""
        signature = headers.get("Stripe-Signature", "")
        try:
            # With a secret that is being renewed Stripe signs with both; one of the two is enough.
            WebhookSignature.verify_header(
                body, signature, self.secret, int(TOLERANCE.total_seconds())
            )
            about = json.loads(body)["data"]["object"]
            key = (about.get("metadata") or {}).get("key")
            if about.get("object") != "payment_intent" or key is None:
                return None
            return Notice(str(key), str(about["id"]))
        except (
            SignatureVerificationError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
        ) as error:
            raise BadNoticeError(type(error).__name__) from error
