"""What the shop asks of a payment provider.

Every request carries a key of the shop's; a provider does what a key asks once and answers the same
again. No card number passes through the shop: the shopper's browser gives it to the provider and gets
a `method`, a token, for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


class ProviderUnreachableError(Exception):
    """No answer came: what was asked may have been done or not. Ask again with the same key."""


class PaymentRefusedError(Exception):
    """The provider understood and will not: asking again changes nothing."""


@dataclass(frozen=True, slots=True)
class AuthorisationRequest:
    """Hold `amount_cents` (above 0) of the customer's money for the shop."""

    key: str
    amount_cents: int
    currency: str
    method: str


@dataclass(frozen=True, slots=True)
class Authorisation:
    """What became of a request.

    `reference` is the provider's name for it; None if the provider never took it in. With
    `action_required` the customer must go to `action_url`; what came of it is told by webhook.
    """

    status: Literal["authorised", "declined", "action_required", "captured", "voided"]
    reference: str | None
    reason: str | None = None
    action_url: str | None = None


class PaymentProvider(Protocol):
    """Asks the provider; every method raises `ProviderUnreachableError` if it does not answer."""

    name: str
    n_at_once: int
    """How many batches of authorisations it is asked for at the same time."""

    async def authorise(
        self, requests: Sequence[AuthorisationRequest]
    ) -> list[Authorisation | ProviderUnreachableError]:
        """Answer each request, in order."""

    async def capture(self, reference: str, amount_cents: int, key: str) -> None:
        """Take held money; what of it is not taken is let go. `PaymentRefusedError` if it can't be."""

    async def void(self, reference: str, key: str) -> None:
        """Let held money go; nothing happens if it was let go before."""

    async def refund(self, reference: str, amount_cents: int, key: str) -> None:
        """Give taken money back, in all at most what was taken."""

    async def status(self, reference: str) -> Authorisation:
        """Return what has become of an authorisation by now."""

    async def aclose(self) -> None:
        """Close the connections."""
