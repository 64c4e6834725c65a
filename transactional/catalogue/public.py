"""The pages of products that anybody may see, as PostgreSQL has them now."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.cache import tags
from transactional.catalogue.cache.answers import LISTING, PLACES, PRODUCT
from transactional.catalogue.cache.pages import Page, page_of
from transactional.catalogue.cache.reading import Address, FillSeveral
from transactional.catalogue.cache.truth import Fill
from transactional.catalogue.models import Product
from transactional.catalogue.repository import CatalogueRepository, Filter
from transactional.catalogue.schemas import (
    Listing,
    ListingPage,
    PlaceView,
    ProductPlaces,
    ProductView,
)
from transactional.catalogue.views import ProductViews
from transactional.errors import UnknownProductProblem
from transactional.stock.repository import StockRepository
from web import cursors


def product_address(product_id: int | str) -> Address:
    """Return where a product is shown."""
    return Address(PRODUCT, str(product_id))


def product_fill(product_id: int, currency: str) -> Fill:
    """Return what reads a product's page; it raises UnknownProductProblem for a draft, too."""
    address, several = product_address(product_id), products_fill(currency)

    async def fill(session: AsyncSession) -> Page:
        found = await several(session, [address])
        if address not in found:
            raise UnknownProductProblem(product_id)
        return found[address]

    return fill


def products_fill(currency: str) -> FillSeveral:
    """Return what reads products' pages; it leaves out drafts and what is not there."""

    async def fill(session: AsyncSession, addresses: Sequence[Address]) -> dict[Address, Page]:
        catalogue = CatalogueRepository(session)
        found = await catalogue.products([int(each.rest) for each in addresses])
        shown = [each for each in found if each.status != "draft"]
        views = ProductViews(catalogue, StockRepository(session), currency)
        return {
            product_address(view.product_id): page_of(view, _tags_of_product(view), view.version)
            for view in (await views.of_all(shown) if shown else ())
        }

    return fill


def _tags_of_product(view: ProductView) -> set[str]:
    shown = [view.product_id, *(each.product_id for each in view.variants)]
    made_of = {tag for each in shown for tag in (tags.of_product(each), tags.of_stock(each))}
    if view.group_id is not None:
        made_of.add(tags.of_group(view.group_id))
    if view.category_id is not None:
        made_of.add(tags.of_name(view.category_id))
    return made_of


def places_address(product_id: int) -> Address:
    """Return where it is shown what lies where."""
    return Address(PLACES, str(product_id))


def places_fill(product_id: int) -> Fill:
    """Return what reads a product's places; it raises UnknownProductProblem for a draft, too."""

    async def fill(session: AsyncSession) -> Page:
        product = await CatalogueRepository(session).product(product_id)
        if product is None or product.status == "draft":
            raise UnknownProductProblem(product_id)
        found = await StockRepository(session).places(product_id)
        places = [PlaceView.model_validate(each, from_attributes=True) for each in found]
        view = ProductPlaces(product_id=product_id, places=places)
        return page_of(view, (tags.of_product(product_id), tags.of_stock(product_id)))

    return fill


def listing_address(category_id: int | None, limit: int, after: int) -> Address:
    """Return where products of a category (None: all) with ids above `after` are listed."""
    return Address(LISTING, f"{category_id or ''}:{limit}:{after}")


def listing_fill(which: Filter, limit: int, after: int, currency: str) -> Fill:
    """Return what reads a page of such a list."""

    async def fill(session: AsyncSession) -> Page:
        found = await CatalogueRepository(session).listed(which, after, limit + 1)
        page = listing_page(found, which, limit, currency)
        return page_of(page, _tags_of_listing(which, [product for product, _ in found]))

    return fill


def _tags_of_listing(which: Filter, products: Sequence[Product]) -> set[str]:
    """Return the tags of what is listed, the next page's first, and what may come to it."""
    own = {tags.of_product(each.product_id) for each in products}
    if which.category_id is None:
        return own | {tags.ALL_PRODUCTS}
    return own | {tags.of_category(which.category_id), tags.TREE}


def name_of(which: Filter) -> str:
    """Return the name of a listing, to which its cursors belong."""
    return f"products {which}"


def after_of(which: Filter, cursor: str | None) -> int:
    """Return the id after which a page begins.

    Raises
    ------
    BadCursorProblem
        If the cursor is no such listing's.
    """
    return cursors.decode(cursor, name_of(which), cursors.ONE_ID)[0] if cursor else 0


def listing_page(
    found: Sequence[tuple[Product, str]], which: Filter, limit: int, currency: str
) -> ListingPage:
    """Return a page of at most `limit` products; there is a next one if more were found."""
    page = [_listing(product, sha256) for product, sha256 in found[:limit]]
    more = cursors.encode([page[-1].product_id], name_of(which)) if len(found) > limit else None
    return ListingPage(products=page, currency=currency, next_cursor=more)


def _listing(product: Product, image_sha256: str | None) -> Listing:
    fields = {
        name: getattr(product, name) for name in Listing.model_fields if name != "image_sha256"
    }
    return Listing(**fields, image_sha256=image_sha256)
