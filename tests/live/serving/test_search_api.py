"""Searching over HTTP (serving.search)."""

import pytest

from tests.live.serving.conftest import is_ready, serving, until, write_packed

pytestmark = pytest.mark.live


async def ids(client, path="/api/v1/products", **params):
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return [product["product_id"] for product in answer.json()["products"]]


async def test_a_search_finds_filters_and_counts(client):
    params = {"q": "lamp", "brand": "Lumo", "max_price": 250, "sort": "price_desc"}
    page = (await client.get("/api/v1/products", params=params)).json()

    assert [product["product_id"] for product in page["products"]] == [2, 1]
    assert page["n_total"] == 2
    assert page["facets"]["brands"] == [{"brand": "Lumo", "n_products": 2}]
    assert page["products"][0]["attributes"] == {"colour": "red"}
    assert page["index_date"] == "2026-01-31"


async def test_behind_what_has_all_words_stands_what_has_some(client):
    page = (await client.get("/api/v1/products", params={"q": "number3 lamp"})).json()

    assert page["products"][0]["product_id"] == 3
    assert (page["n_total"], page["partial_from"], len(page["products"])) == (1, 1, 12)
    whole = (await client.get("/api/v1/products", params={"q": "lamp"})).json()
    assert whole["partial_from"] is None


async def test_a_misspelt_word_finds_what_was_meant_and_the_page_says_so(client):
    page = (await client.get("/api/v1/products", params={"q": "lapm"})).json()

    assert (page["n_total"], page["corrections"]) == (12, {"lapm": "lamp"})


async def test_several_of_one_facet_may_be_chosen_and_the_others_are_still_counted(client):
    params = [("q", "lamp"), ("seller", "1"), ("category", "10"), ("category", "11")]
    page = (await client.get("/api/v1/products", params=params)).json()

    assert page["n_total"] == 12
    chosen = await client.get("/api/v1/products", params=[("q", "lamp"), ("category", "10")])
    facets = chosen.json()["facets"]
    assert {each["category_id"]: each["n_products"] for each in facets["categories"]} == {
        10: 6,
        11: 6,
    }
    assert facets["stock"] == [
        {"in_stock": True, "n_products": 5},
        {"in_stock": False, "n_products": 1},
    ]
    assert sum(each["n_products"] for each in facets["prices"]) == 6


async def test_levels_stars_and_attributes_are_chosen_and_counted(client):
    params = {"category_path": "Home", "attribute": "colour=red", "min_stars": 2, "sort": "rating"}
    page = (await client.get("/api/v1/products", params=params)).json()

    assert [each["product_id"] for each in page["products"]] == [4, 3, 2]
    facets = page["facets"]
    assert facets["levels"] == [
        {"path": "Home", "n_products": 3},
        {"path": "Home > Lamps", "n_products": 3},
    ]
    assert facets["stars"] == [
        {"min_stars": 4, "n_products": 1},
        {"min_stars": 3, "n_products": 2},
        {"min_stars": 2, "n_products": 3},
        {"min_stars": 1, "n_products": 4},
    ]
    assert facets["attributes"] == [
        {"name": "colour", "values": [{"value": "red", "n_products": 3}]}
    ]


async def test_a_query_is_suggested_with_its_categories_and_products(client):
    page = (await client.get("/api/v1/suggestions", params={"q": "la", "limit": 1})).json()

    assert page["suggestions"] == [{"text": "lamp", "n_products": 12}]
    assert {each["category_id"] for each in page["categories"]} == {10, 11}
    assert [set(each) for each in page["products"]] == [{"product_id", "title"}] * 3


async def test_pages_follow_each_other_to_the_end(client):
    seen, cursor = [], None
    while True:
        params = {"q": "lamp", "limit": 5} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/products", params=params)).json()
        seen += [product["product_id"] for product in page["products"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert sorted(seen) == list(range(1, 13))


async def test_a_cursor_of_another_search_is_refused(client):
    page = (await client.get("/api/v1/products", params={"q": "lamp", "limit": 1})).json()
    cursor = page["next_cursor"]

    for params in ({"q": "desk", "cursor": cursor}, {"cursor": "nonsense"}):
        answer = await client.get("/api/v1/products", params=params)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-cursor")


async def test_a_category_lists_its_products_by_popularity(client):
    assert await ids(client, "/api/v1/categories/10/products", in_stock=True) == [10, 8, 6, 4, 2]
    assert await ids(client, "/api/v1/categories/99/products") == []


async def test_a_product_or_that_it_is_unknown(client):
    assert (await client.get("/api/v1/products/3")).json()["title"] == "Lamp number3"
    unknown = await client.get("/api/v1/products/999")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/unknown-product")


async def test_without_vectors_a_search_by_meaning_is_one_by_words(client):
    assert await ids(client, q="number3 lamp", semantic=True) == await ids(client, q="number3 lamp")


@pytest.mark.parametrize("text", ['"', "title:", "a AND (", "lamp\x00", "\\", "ü" * 500, "-"])
async def test_no_text_is_an_error(client, text):
    await ids(client, q=text)


@pytest.mark.parametrize(
    "params",
    [
        {"min_price": -1},
        {"min_price": 5, "max_price": 4},
        {"sort": "cheap"},
        {"limit": 101},
        {"colour": "red"},
        {"attribute": "red"},
        {"min_stars": 6},
        {"personal": True},
        {"q": "lamp " * 2_000},
    ],
)
async def test_a_bad_parameter_is_named(client, params):
    answer = await client.get("/api/v1/products", params=params)

    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_a_customers_search_is_in_their_order_and_has_cursors_of_its_own(client, redis_url):
    """Of brand Lumo are 1, 2 and 3, which the customer looked at; 1 was bought, too, though others rate it low."""
    write_packed(redis_url, user_recent=(77, [1, 2, 3]), user_bought=(77, [1]))
    asked = {"q": "lamp", "limit": 3}

    own = await client.get(
        "/api/v1/products", params={**asked, "personal": True, "customer_id": 77}
    )

    assert {each["product_id"] for each in own.json()["products"]} == {1, 2, 3}
    assert await ids(client, **asked, personal=False, customer_id=77) == await ids(client, **asked)
    others = await client.get(
        "/api/v1/products", params={**asked, "cursor": own.json()["next_cursor"]}
    )
    assert (others.status_code, others.json()["type"]) == (400, "/problems/bad-cursor")


async def test_a_place_in_the_answer_is_explained(client):
    params = {"q": "number3 lamp", "product_id": 3}
    why = (await client.get("/api/v1/products/why", params=params)).json()

    assert (why["place"], why["text_place"], why["has_enough_words"]) == (1, 1, True)
    assert [part["words"] for part in why["parts"]] == ["number3", "lamp"]
    assert why["second_stage"]["ordered_by"] == "formula"
    assert why["engine"] == "tantivy"
    params = {"q": "lamp", "product_id": 999}
    absent = await client.get("/api/v1/products/why", params=params)
    assert (absent.status_code, absent.json()["type"]) == (404, "/problems/not-in-answer")


async def test_it_starts_before_anything_is_published_and_says_which_dag_to_run(
    serving_settings, shelf
):
    async with serving(serving_settings, shelf) as client:
        ready = await client.get("/readyz")
        search = await client.get("/api/v1/products")
        recommended = await client.get("/api/v1/recommendations", params={"type": "trending"})

        assert (await client.get("/healthz")).status_code == 200
        assert ready.status_code == search.status_code == recommended.status_code == 503
        assert "build_search_index" in search.json()["detail"]
        assert "build_search_index" in ready.json()["detail"]
        assert "train_recommendations" in ready.json()["detail"]

        shelf.publish_index()
        shelf.model = "1"
        await until(lambda: is_ready(client))
        assert len(await ids(client)) == 12
