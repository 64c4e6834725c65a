"""/checkout: where it goes, what pays it, what it costs; then the order."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from storefront.addresses import address_form, address_of, missing_fields
from storefront.apis import ORDER_SECONDS, Document, RefusedError, UnansweredError
from storefront.cart.reading import read_basket
from storefront.deps import Clerk, ClerkDep, CustomerDep, FormDep
from storefront.errors import PageRoute
from storefront.problems import sentence
from storefront.visits import CODES, N_UNITS

router = APIRouter(prefix="/checkout", route_class=PageRoute)
CARDS = {
    "visa": "pm_card_visa",
    "confirmed": "pm_card_authenticationRequired",
    "declined": "pm_card_visa_chargeDeclined",
}
"""Test cards by name: the provider's tokens, the same at Stripe's test mode."""


@dataclass(frozen=True)
class Chosen:
    """What the page was sent, if it comes back."""

    address_id: int = 0
    card: str = "visa"
    refusal: str = ""
    key: str = ""
    wrong: frozenset[str] = frozenset()
    typed: Document | None = None
    status: int = 200


@router.get("")
async def show_checkout(
    request: Request,
    _: CustomerDep,
    clerk: ClerkDep,
) -> Response:
    """Ask for address and payment, and say what it costs."""
    asked = request.query_params.get("address_id", "")
    address_id = int(asked) if asked.isdecimal() and len(asked) < 16 else 0
    return await _shown(clerk, Chosen(address_id))


@router.post("/addresses")
async def add_address(
    _: CustomerDep,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """Add an address and go on with it."""
    address = address_of(form)
    wrong = missing_fields(address)
    if not wrong:
        try:
            made = await clerk.apis.shop.send("POST", "/accounts/me/addresses", address)
            return clerk.go(f"/checkout?address_id={made['address_id']}")
        except RefusedError as error:
            wrong = error.fields or frozenset(("recipient",))
    chosen = Chosen(wrong=wrong, typed=address, status=422)
    return await _shown(clerk, chosen)


@router.post("")
async def place_order(
    _: CustomerDep,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """Order what is in the cart. The form's key makes of two clicks one order."""
    card, address_id = form.text("card"), form.number("address_id")
    method = form.text("payment_method") if clerk.stripe_key else CARDS.get(card, CARDS["visa"])
    if not method:  # Stripe's script did not run
        refusal = clerk.speak("checkout.needs_script")
        return await _shown(clerk, Chosen(address_id, refusal=refusal, status=422))
    body = {
        "payment_method": method,
        "codes": clerk.visit.codes,
        "address_id": address_id or None,
    }
    key = form.text("key") or clerk.new_id()
    try:
        sent = {"Idempotency-Key": key}
        order = await clerk.apis.shop.send("POST", "/orders", body, sent, ORDER_SECONDS)
    except RefusedError as error:
        refusal = sentence(error, clerk.speak)
        chosen = Chosen(address_id, card, refusal, status=error.status)
        return await _shown(clerk, chosen)
    except UnansweredError:  # it may be placed: the same key again makes no second one
        refusal = clerk.speak("problem.payment_unknown")
        chosen = Chosen(address_id, card, refusal, key, status=503)
        return await _shown(clerk, chosen)
    clerk.visit.forget(CODES, N_UNITS)
    return clerk.go(f"/orders/{order['order_id']}?placed=1")


async def _shown(clerk: Clerk, chosen: Chosen) -> Response:
    basket = await read_basket(clerk)
    if not basket.lines:
        return clerk.go("/cart")
    addresses = await clerk.apis.shop.get("/accounts/me/addresses")
    address = _address(addresses, chosen.address_id)
    quote, refusal = None, chosen.refusal
    if address is not None:
        try:
            asked = {"codes": clerk.visit.codes, "address_id": address["address_id"]}
            quote = await clerk.apis.shop.send("POST", "/orders/quotes", asked)
        except RefusedError as error:
            refusal = refusal or sentence(error, clerk.speak)
    data = {
        "basket": basket,
        "addresses": addresses,
        "address": address,
        "quote": quote,
        "refusal": refusal,
        "card": chosen.card,
        "cards": CARDS,
        "stripe_key": clerk.stripe_key,
        "key": chosen.key or clerk.new_id(),
        **address_form(chosen.typed, chosen.wrong),
    }
    return clerk.page("checkout.html", data, chosen.status)


def _address(addresses: list[Document], address_id: int) -> Document | None:
    """Return the chosen address, else the default one."""
    chosen = [each for each in addresses if each["address_id"] == address_id]
    default = [each for each in addresses if each["is_default"]]
    return next(iter([*chosen, *default, *addresses]), None)
