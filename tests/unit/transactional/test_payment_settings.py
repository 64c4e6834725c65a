"""A shop says at once what its payment provider lacks (transactional.settings)."""

import pytest
from pydantic import ValidationError

from transactional.settings import Settings

SHOP = {
    "database_url": "postgresql://",
    "redis_url": "redis://",
    "token_secret": "x" * 32,
    "images_url": "memory://images",
}
BANK = {"payment_url": "http://bank", "payment_webhook_secret": "y" * 32}
STRIPE = {
    "payment_provider": "stripe",
    "stripe_api_key": "sk_live_1",
    "stripe_webhook_secret": "whsec_of_the_shop",
    "stripe_return_url": "https://shop/back",
}


@pytest.mark.parametrize("given", [BANK, STRIPE, BANK | STRIPE])
def test_the_chosen_providers_settings_are_enough(given):
    assert Settings(**SHOP, **given).payment_provider == given.get("payment_provider", "test")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "PAYMENT_PROVIDER=test needs PAYMENT_URL, PAYMENT_WEBHOOK_SECRET:"),
        (
            {"payment_provider": "stripe", **BANK},
            "PAYMENT_PROVIDER=stripe needs STRIPE_API_KEY, STRIPE_WEBHOOK_SECRET, STRIPE_RETURN_URL:",
        ),
        ({**STRIPE, "stripe_webhook_secret": ""}, "stripe_webhook_secret"),
        ({**STRIPE, "payment_provider": "cash"}, "payment_provider"),
    ],
)
def test_a_shop_that_lacks_what_its_provider_needs_does_not_start(given, message):
    with pytest.raises(ValidationError, match=message) as refused:
        Settings(**SHOP, **given)

    for secret in (SHOP["token_secret"], BANK["payment_webhook_secret"], STRIPE["stripe_api_key"]):
        assert secret not in str(refused.value)
