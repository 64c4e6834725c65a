"""/ops/search-rules: what is pinned, weighed, hidden, said otherwise and led away in searches."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.row import Id
from storefront.apis import ApiError
from storefront.deps import Form, FormDep
from storefront.desk.desk import Desk, DeskDep, Pairs, after
from storefront.desk.fields import FieldError, decimal, lines, moment, whole
from storefront.desk.promotions_router import field_trouble
from storefront.errors import PageRoute

router = APIRouter(prefix="/ops/search-rules", route_class=PageRoute)
RuleId = Annotated[Id, Path()]
Cursor = Annotated[str, Query(max_length=500)]
KINDS = ("pin", "weigh", "hide", "synonym", "redirect")
STATES = ("in_force", "later", "over", "removed")
State = Annotated[str, Query(pattern=f"^({'|'.join(STATES)})?$")]
TYPED = (
    "kind", "queries", "product_id", "category_id", "seller_id", "brand", "position", "factor", "words",
    "from_words", "url", "starts_at", "ends_at", "note",
)  # fmt: skip


@router.get("")
async def list_rules(desk: DeskDep, state: State = "", cursor: Cursor = "") -> Response:
    """Show rules, the newest first."""
    return await _rules(desk, state, cursor)


@router.post("")
async def add_rule(desk: DeskDep, form: FormDep) -> Response:
    """Make a rule."""
    try:
        key = {"Idempotency-Key": form.text("key")}
        made = await desk.apis.shop.send("POST", "/search-rules", rule_of(form), key)
    except ApiError as error:
        return await _rules(desk, "", "", desk.why(error), form)
    except FieldError as error:
        return await _rules(desk, "", "", field_trouble(desk, error), form)
    return desk.go("/ops/search-rules", "rule_added", made["rule_id"])


@router.post("/{rule_id}/end")
async def end_rule(rule_id: RuleId, desk: DeskDep, form: FormDep) -> Response:
    """Remove a rule; searches do without it within seconds."""
    version = {"If-Match": f'"{form.number("version")}"'}
    try:
        await desk.apis.shop.send("DELETE", f"/search-rules/{rule_id}", headers=version)
    except ApiError as error:
        return await _rules(desk, "", "", desk.why(error))
    return desk.go("/ops/search-rules", "rule_ended", rule_id)


async def _rules(
    desk: Desk, state: str, cursor: str, refusal: str = "", form: Form | None = None
) -> Response:
    params: Pairs = [*([("state", state)] if state else []), ("limit", 25), *after(cursor)]
    found = await desk.apis.shop.get("/search-rules", params)
    data = {
        "rules": found["rules"],
        "next_cursor": found["next_cursor"],
        "kinds": KINDS,
        "states": STATES,
        "state": state,
        "key": desk.clerk.new_id(),
        "typed": {name: form.text(name) if form else "" for name in TYPED},
    }
    return desk.page("rules", data, refusal)


def rule_of(form: Form) -> dict[str, object]:
    """Return what the API takes: the fields that were filled in.

    Raises
    ------
    FieldError
        If a field cannot be read.
    """
    filled: dict[str, object] = {
        "queries": lines(form, "queries"),
        "words": lines(form, "words"),
        "from_words": lines(form, "from_words"),
        "product_id": whole(form, "product_id"),
        "category_id": whole(form, "category_id"),
        "seller_id": whole(form, "seller_id"),
        "position": whole(form, "position"),
        "factor": decimal(form, "factor"),
        "brand": form.text("brand"),
        "url": form.text("url"),
        "starts_at": moment(form, "starts_at"),
        "ends_at": moment(form, "ends_at"),
        "note": form.text("note"),
    }
    return {"kind": form.text("kind"), **{name: each for name, each in filled.items() if each}}
