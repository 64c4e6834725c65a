"""The shop's side of Stripe: a PaymentIntent per payment, its money held first and captured later.

Stripe does a POST once per Idempotency-Key for at least 24 hours and then answers as it did the
first time (https://docs.stripe.com/api/idempotent_requests); what has become of the intent since is
read again.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Literal, TypeVar

import stripe
from stripe import PaymentIntent, StripeClient

from transactional.payments.provider import (
    Authorisation,
    AuthorisationRequest,
    PaymentRefusedError,
    ProviderUnreachableError,
)

SECONDS = 10.0
N_RETRIES = 1
N_REFUNDS = 100
REPLAYED = "Idempotent-Replayed"
STATUSES: dict[str, Literal["authorised", "declined", "action_required", "captured", "voided"]] = {
    "requires_capture": "authorised",
    "requires_payment_method": "declined",
    "requires_action": "action_required",
    "succeeded": "captured",
    "canceled": "voided",
}
"""What Stripe's statuses mean here; in any other one the intent is still on its way."""
Answer = TypeVar("Answer")


class StripeProvider:
    """Calls Stripe through its library. `return_url` is where customers come back to from their bank."""

    name = "stripe"
    n_at_once = 4  # a batch is as slow as its slowest card

    def __init__(self, client: StripeClient, http: stripe.HTTPClient, return_url: str) -> None:
        self._intents = client.v1.payment_intents
        self._refunds = client.v1.refunds
        self._http = http
        self._return_url = return_url

    @classmethod
    def at(
        cls, api_key: str, api_base: str, return_url: str, http: stripe.HTTPClient | None = None
    ) -> "StripeProvider":
        """Return the provider for an account's key; it connects on first use."""
        http = http or stripe.HTTPXClient(timeout=SECONDS)
        client = StripeClient(
            api_key,
            base_addresses={"api": api_base},
            max_network_retries=N_RETRIES,
            http_client=http,
        )
        return cls(client, http, return_url)

    async def authorise(
        self, requests: Sequence[AuthorisationRequest]
    ) -> list[Authorisation | ProviderUnreachableError]:
        """Answer each request, in order; Stripe takes them one by one."""
        return list(await asyncio.gather(*(self._authorise(request) for request in requests)))

    async def capture(self, reference: str, amount_cents: int, key: str) -> None:
        """Take held money; an intent is captured once, so the same sum again is the same capture."""
        asked = self._intents.capture_async(
            reference, {"amount_to_capture": amount_cents}, {"idempotency_key": key}
        )
        try:
            await _answer(asked)
        except PaymentRefusedError:
            intent = await _answer(self._intents.retrieve_async(reference))
            if intent.status != "succeeded" or intent.amount_received != amount_cents:
                raise

    async def void(self, reference: str, key: str) -> None:
        """Let held money go."""
        try:
            await _answer(self._intents.cancel_async(reference, {}, {"idempotency_key": key}))
        except PaymentRefusedError:
            if (await self.status(reference)).status != "voided":
                raise

    async def refund(self, reference: str, amount_cents: int, key: str) -> None:
        """Give taken money back, once for a key, also after Stripe has forgotten it."""
        if await self._is_refunded(reference, key):
            return
        asked = self._refunds.create_async(
            {"payment_intent": reference, "amount": amount_cents, "metadata": {"key": key}},
            {"idempotency_key": key},
        )
        await _answer(asked)

    async def status(self, reference: str) -> Authorisation:
        """Return what has become of an intent by now."""
        return _authorisation(await _answer(self._intents.retrieve_async(reference)))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def _is_refunded(self, reference: str, key: str) -> bool:
        given = await _answer(
            self._refunds.list_async({"payment_intent": reference, "limit": N_REFUNDS})
        )
        return any(
            getattr(refund.metadata, "key", None) == key
            and refund.status not in ("failed", "canceled")
            for refund in given.data
        )

    async def _authorise(
        self, request: AuthorisationRequest
    ) -> Authorisation | ProviderUnreachableError:
        try:
            return await self._hold(request)
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            return _declined(error)
        except stripe.StripeError as error:
            return ProviderUnreachableError(repr(error))
        except ProviderUnreachableError as error:
            return error

    async def _hold(self, request: AuthorisationRequest) -> Authorisation:
        intent = await self._intents.create_async(
            {
                "amount": request.amount_cents,
                "currency": request.currency.lower(),
                "payment_method": request.method,
                "allowed_payment_method_types": ["card"],
                "capture_method": "manual",
                "confirm": True,
                "return_url": self._return_url,
                "metadata": {"key": request.key},
            },
            {"idempotency_key": request.key},
        )
        if intent.last_response is not None and REPLAYED in intent.last_response.headers:
            return await self.status(intent.id)
        return _authorisation(intent)


async def _answer(asked: Awaitable[Answer]) -> Answer:
    """Return Stripe's answer, or raise what the protocol knows."""
    try:
        return await asked
    except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        raise PaymentRefusedError(repr(error)) from error
    except stripe.StripeError as error:
        raise ProviderUnreachableError(repr(error)) from error


def _authorisation(intent: PaymentIntent) -> Authorisation:
    if intent.status not in STATUSES:
        raise ProviderUnreachableError(f"{intent.id} is {intent.status}: ask again")
    # Fields that do not apply are absent from Stripe's inner objects, not null.
    redirect = getattr(intent.next_action, "redirect_to_url", None)
    return Authorisation(
        STATUSES[intent.status],
        intent.id,
        getattr(intent.last_payment_error, "code", None),
        redirect.url if redirect else None,
    )


def _declined(error: stripe.CardError | stripe.InvalidRequestError) -> Authorisation:
    """Return what a refusal means for the customer: another method may work, this one will not."""
    intent = getattr(error.error, "payment_intent", None)
    return Authorisation("declined", intent.id if intent else None, error.code)
