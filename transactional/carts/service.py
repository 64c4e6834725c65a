"""The rules of carts: prices are those of now, products those of the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass

from transactional.carts.repository import MAX_LINES, CartRepository
from transactional.carts.schemas import Cart, CartLine
from transactional.catalogue.models import Product
from transactional.catalogue.repository import CatalogueRepository
from transactional.errors import NotForSaleProblem, ShopProblem, UnknownProductProblem


class FullCartProblem(ShopProblem):
    """The cart has as many lines as it may."""

    type, title, status = "/problems/cart-full", "Cart full", 409


@dataclass(frozen=True)
class CartService:
    """One customer's cart."""

    customer_id: int
    carts: CartRepository
    catalogue: CatalogueRepository
    currency: str

    async def read(self) -> Cart:
        """Return the cart at the prices of now."""
        quantities = await self.carts.quantities(self.customer_id)
        products = await self.catalogue.products(quantities)
        return priced(quantities, products, self.currency)

    async def put(self, product_id: int, quantity: int) -> Cart:
        """Set how many units of a product the cart holds.

        Raises
        ------
        UnknownProductProblem, NotForSaleProblem
            If the product cannot be bought.
        FullCartProblem
            If the cart has 100 other lines.
        """
        product = await self.catalogue.product(product_id)
        if product is None:
            raise UnknownProductProblem(product_id)
        if product.status != "published":
            raise NotForSaleProblem(product_id)
        if not await self.carts.put(self.customer_id, product_id, quantity):
            raise FullCartProblem(f"A cart holds {MAX_LINES} products. Take one out first.")
        return await self.read()


def priced(quantities: Mapping[int, int], products: Mapping[int, Product], currency: str) -> Cart:
    """Return a cart of `quantities` by product id; what the catalogue does not know is left out."""
    lines = [
        _line(products[product_id], quantity)
        for product_id, quantity in quantities.items()
        if product_id in products
    ]
    total_cents = sum(line.line_total_cents for line in lines if line.for_sale)
    return Cart(lines=lines, total_cents=total_cents, currency=currency)


def _line(product: Product, quantity: int) -> CartLine:
    return CartLine(
        product_id=product.product_id,
        title=product.title,
        quantity=quantity,
        unit_price_cents=product.price_cents,
        line_total_cents=product.price_cents * quantity,
        for_sale=product.status == "published",
    )
