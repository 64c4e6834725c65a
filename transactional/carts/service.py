"""The rules of carts: products are the catalogue's, prices are promised for a while."""

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from redis.exceptions import RedisError

from transactional.carts.lines import StoredLine, locked, merged, relocked
from transactional.carts.repository import MAX_LINES, CartRepository, of_customer, of_guest
from transactional.carts.schemas import Cart, CartLine, PriceNotice
from transactional.catalogue.listings import Listing, ListingReader
from transactional.errors import NotForSaleProblem, ShopProblem, UnknownProductProblem


class FullCartProblem(ShopProblem):
    """The cart has as many lines as it may."""

    type, title, status = "/problems/cart-full", "Cart full", 409


@dataclass(frozen=True)
class CartService:
    """One owner's cart."""

    owner: str
    carts: CartRepository
    listings: ListingReader
    currency: str
    now: Callable[[], dt.datetime]

    async def read(self) -> Cart:
        """Return the cart; prices whose promise is over are told and promised anew."""
        lines = await self.carts.lines(self.owner)
        listings = await self.listings(lines)
        now = self.now()
        known = {id_: line for id_, line in lines.items() if id_ in listings}
        fresh = {id_: relocked(line, listings[id_].price_cents, now) for id_, line in known.items()}
        changed = {id_: line for id_, line in fresh.items() if line != known[id_]}
        if changed:
            await self.carts.relock(self.owner, known, changed)
        notices = [
            PriceNotice(
                product_id=id_, was_cents=known[id_].shown_cents, now_cents=line.shown_cents
            )
            for id_, line in changed.items()
            if line.shown_cents != known[id_].shown_cents
        ]
        return view(fresh, listings, self.currency, notices)

    async def put(self, product_id: int, quantity: int) -> Cart:
        """Set how many units of a product the cart holds; its price is promised from now.

        Raises
        ------
        UnknownProductProblem, NotForSaleProblem
            If the product cannot be bought.
        FullCartProblem
            If the cart has 100 other lines.
        """
        listing = (await self._for_sale({product_id: quantity}))[product_id]
        line = locked(quantity, listing.price_cents, self.now())
        if not await self.carts.put(self.owner, product_id, line):
            raise FullCartProblem(f"A cart holds {MAX_LINES} products. Take one out first.")
        return await self.read()

    async def fill(self, quantities: Mapping[int, int]) -> Cart:
        """Make the cart hold exactly these units by product id, at the prices of now.

        Raises
        ------
        UnknownProductProblem, NotForSaleProblem
            If a product cannot be bought; the cart stays as it was.
        """
        listings = await self._for_sale(quantities)
        now = self.now()
        lines = {id_: locked(n, listings[id_].price_cents, now) for id_, n in quantities.items()}
        await self.carts.fill(self.owner, lines)
        return view(lines, listings, self.currency, [])

    async def _for_sale(self, quantities: Mapping[int, int]) -> Mapping[int, Listing]:
        listings = await self.listings(quantities)
        for product_id in quantities:
            if product_id not in listings:
                raise UnknownProductProblem(product_id)
            if listings[product_id].status != "published":
                raise NotForSaleProblem(product_id)
        return listings


@dataclass(frozen=True)
class GuestCart:
    """The cart that somebody filled before they logged in; None: there was none."""

    token: str | None
    carts: CartRepository

    async def merge_into(self, customer_id: int) -> None:
        """Put the lines into the customer's cart (see `lines.merged`) and end the guest's.

        Twice is as good as once. No reason not to log in: an unknown token is passed over, and
        without Redis the guest's cart stays where it is.
        """
        if self.token is None:
            return
        with contextlib.suppress(RedisError):
            guest = await self.carts.lines(of_guest(self.token))
            if guest:
                own = await self.carts.lines(of_customer(customer_id))
                await self.carts.fill(of_customer(customer_id), merged(own, guest, MAX_LINES))
            await self.carts.drop(of_guest(self.token))


def view(
    lines: Mapping[int, StoredLine],
    listings: Mapping[int, Listing],
    currency: str,
    notices: list[PriceNotice],
) -> Cart:
    """Return a cart as it is shown; every product of it is in `listings`."""
    shown = [_line(listings[product_id], line) for product_id, line in lines.items()]
    total_cents = sum(line.line_total_cents for line in shown if line.for_sale)
    return Cart(lines=shown, total_cents=total_cents, currency=currency, notices=notices)


def _line(listing: Listing, line: StoredLine) -> CartLine:
    return CartLine(
        product_id=listing.product_id,
        title=listing.title,
        quantity=line.quantity,
        unit_price_cents=line.shown_cents,
        line_total_cents=line.shown_cents * line.quantity,
        price_locked_until=line.locked_until,
        for_sale=listing.status == "published",
    )
