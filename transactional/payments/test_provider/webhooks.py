"""Tells the shop, signed, what customers did on the provider's pages."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from transactional.payments.signatures import sign

SECONDS = 5.0


@dataclass(frozen=True)
class Webhooks:
    """Posts notices to `url`."""

    url: str
    secret: str
    now: Callable[[], dt.datetime]

    async def tell(self, notice: dict[str, object]) -> bool:
        """Send a notice; false if the shop does not take it now (it asks by itself later)."""
        body = json.dumps(notice).encode()
        signature = sign(body, self.secret, self.now())
        headers = {"Signature": signature, "Content-Type": "application/json"}
        try:
            async with httpx.AsyncClient(timeout=SECONDS) as client:
                answer = await client.post(self.url, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success
