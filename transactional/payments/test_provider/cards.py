"""Test cards, and the tokens the shop gets for them (Stripe's names where Stripe has the same card)."""

METHODS: dict[str, str] = {
    "4242424242424242": "pm_card_visa",
    "4000000000000002": "pm_card_visa_chargeDeclined",
    "4000002500003155": "pm_card_authenticationRequired",
    "4000000000000127": "pm_card_timeout",
}
"""authorised · declined · the customer must confirm on a page · done, but the first answer is lost."""

SUCCESS, DECLINE, THREE_D, TIMEOUT = METHODS.values()


def method_of(card_number: str) -> str | None:
    """Return the token of a test card; None for any other number, which is forgotten at once."""
    return METHODS.get(card_number.replace(" ", ""))
