"""/ops/promotions: what lowers prices."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.row import Id
from storefront.apis import ApiError
from storefront.deps import Form, FormDep
from storefront.desk.desk import Desk, DeskDep, after
from storefront.desk.fields import FieldError, cents, ids, moment, whole
from storefront.errors import PageRoute

router = APIRouter(prefix="/ops/promotions", route_class=PageRoute)
PromotionId = Annotated[Id, Path()]
Cursor = Annotated[str, Query(max_length=500)]
KINDS = ("percentage", "amount", "buy_x_get_y", "free_shipping")
TYPED = (
    "label", "kind", "code", "percent", "amount", "n_buy", "n_get", "minimum_spend", "product_ids",
    "category_ids", "starts_at", "ends_at", "max_uses", "max_uses_per_customer",
)  # fmt: skip


@router.get("")
async def list_promotions(desk: DeskDep, cursor: Cursor = "") -> Response:
    """Show promotions, the newest first."""
    return await _promotions(desk, cursor)


@router.post("")
async def add_promotion(desk: DeskDep, form: FormDep) -> Response:
    """Make a promotion."""
    try:
        made = await desk.apis.shop.send("POST", "/promotions", promotion_of(form))
    except (ApiError, FieldError) as error:
        why = desk.why(error) if isinstance(error, ApiError) else field_trouble(desk, error)
        return await _promotions(desk, "", why, form)
    return desk.go("/ops/promotions", "promotion_added", made["promotion_id"])


@router.post("/{promotion_id}/end")
async def end_promotion(promotion_id: PromotionId, desk: DeskDep, _: FormDep) -> Response:
    """End a promotion now."""
    body = {"ends_at": _now().isoformat()}
    try:
        await desk.apis.shop.send("PATCH", f"/promotions/{promotion_id}", body)
    except ApiError as error:
        return await _promotions(desk, "", desk.why(error))
    return desk.go("/ops/promotions", "promotion_ended", promotion_id)


async def _promotions(
    desk: Desk, cursor: str, refusal: str = "", form: Form | None = None
) -> Response:
    found = await desk.apis.shop.get("/promotions", [("limit", 25), *after(cursor)])
    now = _now()
    promotions = [(each, state_of(each, now)) for each in found["promotions"]]
    data = {
        "promotions": promotions,
        "next_cursor": found["next_cursor"],
        "kinds": KINDS,
        "typed": {name: form.text(name) if form else "" for name in TYPED},
    }
    return desk.page("promotions", data, refusal)


def state_of(promotion: dict[str, str | None], now: dt.datetime) -> str:
    """Return whether a promotion counts: `in_force`, `later` or `over`."""
    starts, ends = (promotion[name] for name in ("starts_at", "ends_at"))
    if ends and dt.datetime.fromisoformat(ends) <= now:
        return "over"
    return "later" if starts and dt.datetime.fromisoformat(starts) > now else "in_force"


def promotion_of(form: Form) -> dict[str, object]:
    """Return what the API takes, of the fields that the kind has.

    Raises
    ------
    FieldError
        If a field cannot be read.
    """
    kind = form.text("kind")
    percent = cents(
        form, "percent"
    )  # 12.5 percent are 1,250 basis points, as 12.50 are 1,250 cents
    own = {
        "percentage": {"percent_basis_points": percent},
        "amount": {"amount_cents": cents(form, "amount")},
        "buy_x_get_y": {"n_buy": whole(form, "n_buy"), "n_get": whole(form, "n_get")},
    }
    return {
        "label": form.text("label"),
        "kind": kind,
        "code": form.text("code") or None,
        **own.get(kind, {}),
        "product_ids": ids(form, "product_ids"),
        "category_ids": ids(form, "category_ids"),
        "minimum_spend_cents": cents(form, "minimum_spend") or 0,
        "starts_at": moment(form, "starts_at"),
        "ends_at": moment(form, "ends_at"),
        "max_uses": whole(form, "max_uses"),
        "max_uses_per_customer": whole(form, "max_uses_per_customer"),
    }


def field_trouble(desk: Desk, error: FieldError) -> str:
    """Return what is wrong with a field, in words."""
    return desk.speak("desk.bad_field", name=desk.speak(f"desk_field.{error.name}"))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge
