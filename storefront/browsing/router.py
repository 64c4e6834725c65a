"""/, /search, /suggestions, /categories, /products, and the choices of the page's foot."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from features.schemas.row import Id
from storefront.apis import Document, Params, part
from storefront.browsing import home, product, search
from storefront.cards import found_cards
from storefront.deps import Clerk, ClerkDep, FormDep
from storefront.errors import PageRoute
from storefront.lists import answers, ids_in, lists, with_cards
from storefront.shelf import Category
from storefront.texts import languages
from storefront.visits import (
    CONSENT,
    LANGUAGE,
    THEME,
    THEMES,
    VIEWED,
    YEAR_SECONDS,
    Visit,
    local_path,
)

router = APIRouter(route_class=PageRoute)
CategoryId = Annotated[Id, Path()]
ProductId = Annotated[Id, Path()]
N_REVIEWS = 5
N_TILES = 8


@router.get("/")
async def show_home(clerk: ClerkDep) -> Response:
    """Show the home page."""
    wanted = home.home_lists(clerk.visit)
    found, tree = await asyncio.gather(
        lists(clerk.apis.serving, clerk.shelf, wanted), clerk.shelf.tree()
    )
    tiles = tree.below(None)[:N_TILES] if tree else []
    return clerk.page("home.html", {"lists": found, "tiles": tiles})


@router.get("/search")
async def show_search(request: Request, clerk: ClerkDep) -> Response:
    """Show what a search finds."""
    asked = search.Asked.of(request.query_params)
    answer = await clerk.apis.serving.get("/products", [*asked.params(), *_personal(clerk.visit)])
    redirect = local_path(answer["redirect_url"] or "", "")
    if redirect and not clerk.visit.is_fragment and not asked.is_narrowed:
        return clerk.go(redirect)
    return await _results(answer, asked, clerk, None)


def _personal(visit: Visit) -> Params:
    """Ask for the order that suits who is logged in."""
    if visit.customer is None:
        return []
    return [("personal", "true"), ("customer_id", visit.customer.customer_id)]


@router.get("/categories")
async def show_categories(clerk: ClerkDep) -> Response:
    """Show all categories."""
    return clerk.page("categories.html", {"tree": await clerk.shelf.tree()})


@router.get("/categories/{category_id}")
async def show_category(
    category_id: CategoryId,
    request: Request,
    clerk: ClerkDep,
) -> Response:
    """Show a category's products."""
    asked = search.Asked.of(request.query_params)
    tree = await clerk.shelf.tree()
    category = tree.categories.get(category_id) if tree else None
    path = category.path if category else ""
    in_category = [("category_path", path)] if path else [("category", category_id)]
    answer = await clerk.apis.serving.get("/products", [*asked.params(), *in_category])
    if category is None and not answer["products"]:
        return clerk.message("missing", 404)
    return await _results(answer, asked, clerk, category or category_id)


async def _results(
    answer: Document,
    asked: search.Asked,
    clerk: Clerk,
    category: Category | int | None,
) -> Response:
    finds = answer["products"]
    cards = found_cards(finds, await clerk.shelf.cards(each["product_id"] for each in finds))
    category_id = category.category_id if isinstance(category, Category) else category
    tree = await clerk.shelf.tree() if category_id else None
    data = {
        "asked": asked,
        "path": f"/categories/{category_id}" if category_id else "/search",
        "category": category if isinstance(category, Category) else None,
        "way": tree.way_to(category_id) if tree else [],
        "below": tree.below(category_id) if tree else [],
        "found": search.found_of(answer, cards),
        "understood": search.corrected(asked.q, answer["corrections"]),
        "facets": search.facets_of(answer["facets"], asked, with_categories=not category_id),
        "prices": search.price_steps(answer["facets"], asked),
        "stars": [each for each in answer["facets"]["stars"] if each["n_products"]],
        "sorts": search.SORTS,
    }
    if not clerk.visit.is_fragment:
        return clerk.page("search.html", data)
    part_of_page = clerk.page("found.html", data)
    part_of_page.headers["HX-Push-Url"] = asked.address(str(data["path"]))
    return part_of_page


@router.get("/suggestions")
async def suggest(
    clerk: ClerkDep,
    q: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Return how a search may go on, as options of its field."""
    params: list[tuple[str, str | int]] = [("q", q), ("limit", 8)]
    found = await part(clerk.apis.serving.get("/suggestions", params)) if q.strip() else None
    options = [each["text"] for each in found["suggestions"]] if found else []
    return clerk.page("suggestions.html", {"options": options})


@router.get("/products/{product_id}")
async def show_product(product_id: ProductId, clerk: ClerkDep) -> Response:
    """Show a product."""
    wanted = product.product_lists(product_id, clerk.visit)
    one, places, rated, said, found, tree = await asyncio.gather(
        clerk.apis.shop.get(f"/catalogue/products/{product_id}"),
        part(clerk.apis.shop.get(f"/catalogue/products/{product_id}/places")),
        part(clerk.apis.shop.get("/reviews/summary", [("product_ids", product_id)])),
        part(clerk.apis.shop.get("/reviews", [("product_id", product_id), ("limit", N_REVIEWS)])),
        answers(clerk.apis.serving, wanted),
        clerk.shelf.tree(),
    )
    clerk.shelf.see(one)
    together = found[-1]
    ids = (together.get("bundle") or {}).get("product_ids", []) if together else []
    known = await clerk.shelf.cards([product_id, *ids, *ids_in(found[:-1])])
    clerk.visit.has_seen(product_id)
    data = {
        "product": one,
        "pictures": product.pictures_of(one),
        "availability": product.availability(one),
        "places": product.places_of(places),
        "bundle": product.bundle_of(product_id, together, known),
        "rating": product.stars_of(rated),
        "reviews": said,
        "lists": with_cards(wanted[:-1], found[:-1], known),
        "way": tree.way_to(one["category_id"]) if tree else [],
    }
    return clerk.page("product.html", data)


@router.post("/theme")
async def choose_theme(clerk: ClerkDep, form: FormDep) -> Response:
    """Keep whether pages are dark or light."""
    theme = form.text("theme")
    clerk.visit.keep(THEME, theme if theme in THEMES else "auto", YEAR_SECONDS)
    return clerk.go(local_path(form.text("back")))


@router.post("/language")
async def choose_language(clerk: ClerkDep, form: FormDep) -> Response:
    """Keep which language pages are in."""
    language = form.text("language")
    if language in languages():
        clerk.visit.keep(LANGUAGE, language, YEAR_SECONDS)
    return clerk.go(local_path(form.text("back")))


@router.post("/consent")
async def choose_consent(clerk: ClerkDep, form: FormDep) -> Response:
    """Keep whether the shopper lets us remember this browser."""
    clerk.visit.keep(CONSENT, "yes" if form.text("consent") == "yes" else "no", YEAR_SECONDS)
    if not clerk.visit.consents:
        clerk.visit.forget(VIEWED)
    return clerk.go(local_path(form.text("back")))
