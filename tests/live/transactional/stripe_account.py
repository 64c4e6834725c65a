"""A Stripe account at localstripe, as the shop and its customers' browsers use it.

localstripe is not Stripe. Between the two stands `Line`, which adds what the shop builds on and
localstripe lacks: idempotency keys, as https://docs.stripe.com/api/idempotent_requests has them.
"""

import urllib.parse
from dataclasses import dataclass

import httpx
import stripe

from transactional.payments.stripe_provider import StripeProvider

API_KEY = "sk_test_of_the_tests"
SECRET = "whsec_of_the_tests"
CARD, DECLINED_CARD, THREE_D_CARD, THREE_D_DECLINED_CARD = (
    "4242424242424242",
    "4000000000000341",
    "4000002500003155",
    "4000008260003178",
)
UNKNOWN_TO_LOCALSTRIPE = ("return_url", "allowed_payment_method_types[0]")


class Line(stripe.HTTPXClient):
    """Remembers the first answer to each key, and loses answers if it is told to."""

    def __init__(self):
        super().__init__(timeout=5)
        self.n_to_lose = 0
        self.keys = []
        self._answers = {}

    async def request_async(self, method, url, headers, post_data=None):
        key = headers.get("Idempotency-Key") if method == "post" else None
        self.keys.append(key)
        if key not in self._answers:
            fields = urllib.parse.parse_qsl(post_data or "")
            known = [field for field in fields if field[0] not in UNKNOWN_TO_LOCALSTRIPE]
            body = urllib.parse.urlencode(known)
            answer = await super().request_async(method, url, headers, body)
        else:
            content, status, answered = self._answers[key]
            answer = content, status, httpx.Headers({**answered, "Idempotent-Replayed": "true"})
        if key is not None:
            self._answers.setdefault(key, answer)
        if self.n_to_lose:
            self.n_to_lose -= 1
            raise stripe.APIConnectionError("the answer was lost", should_retry=True)
        return answer

    def forget_keys(self):
        """Do as Stripe does after a day."""
        self._answers.clear()


@dataclass(frozen=True)
class StripeAccount:
    """The account, and what a customer's browser does with it."""

    url: str

    def provider(self):
        """Return the shop's side, and the line it speaks through."""
        line = Line()
        return StripeProvider.at(API_KEY, self.url, "http://shop/back", line), line

    async def method_of(self, number):
        """Type a card's number into Stripe's form: the browser gets the method, the shop does not."""
        card = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
        fields = {f"card[{name}]": value for name, value in card.items()} | {"type": "card"}
        return (await self._ask("POST", "/v1/payment_methods", fields))["id"]

    async def decide(self, reference, success):
        """Pass the bank's check, or fail it."""
        intent = await self.intent(reference)
        answer = {"client_secret": intent["client_secret"], "success": str(success).lower()}
        return await self._ask("POST", f"/v1/payment_intents/{reference}/_authenticate", answer)

    async def intent(self, reference):
        return await self._ask("GET", f"/v1/payment_intents/{reference}")

    async def intents(self):
        return (await self._ask("GET", "/v1/payment_intents?limit=100"))["data"]

    async def refunded_cents(self, reference):
        found = await self._ask("GET", f"/v1/refunds?payment_intent={reference}&limit=100")
        return sum(refund["amount"] for refund in found["data"])

    async def tell(self, url):
        """Send webhooks to `url` from now on."""
        await self._ask("POST", "/_config/webhooks/shop", {"url": url, "secret": SECRET})

    async def _ask(self, method, path, fields=None):
        async with httpx.AsyncClient(base_url=self.url, auth=(API_KEY, "")) as client:
            answer = await client.request(method, path, data=fields)
        return answer.json() if answer.content else None
