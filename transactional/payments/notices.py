"""What a provider tells by webhook: that something happened to a payment. It is a hint, not the truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class BadNoticeError(Exception):
    """The webhook is not the provider's, came too late, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to the payment that the shop asked for under `key`.

    `reference` is the provider's name for it.
    """

    key: str
    reference: str


class Notices(Protocol):
    """Reads the webhooks of one provider."""

    def read(self, body: bytes, headers: Mapping[str, str]) -> Notice | None:
        """Return what a webhook tells; None if it is none of the shop's payments.

        Raises
        ------
        BadNoticeError
            If the signature is not of this body and our secret, or is older than five minutes.
        """
