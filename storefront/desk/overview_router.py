"""/ops: today, the last days, and what waits for somebody."""

import asyncio

from fastapi import APIRouter, Response

from storefront.apis import Document, part
from storefront.desk.charts import Chart, Series
from storefront.desk.desk import Desk, DeskDep
from storefront.desk.overview import N_DAYS, N_HOURS, Today, alerts_of, today_of
from storefront.errors import PageRoute
from storefront.formats import short_day

router = APIRouter(prefix="/ops", route_class=PageRoute)
MOST = 100


@router.get("")
async def show_overview(desk: DeskDep) -> Response:
    """Show how the shop and its platform are."""
    shop, operations = desk.apis.shop, desk.apis.operations
    asked = (
        shop.get("/figures/sales", [("unit", "hour"), ("n", N_HOURS)]),
        shop.get("/figures/sales", [("unit", "day"), ("n", 2 * N_DAYS)]),
        shop.get("/figures/cover", [("limit", MOST)]),
        shop.get("/stock/purchase-orders", [("status", "draft"), ("limit", MOST)]),
        shop.get("/stock/transfer-drafts", [("limit", MOST)]),
        operations.get("/operations/dags"),
        operations.get("/operations/quality"),
        operations.get("/operations/health"),
    )
    hours, days, cover, orders, transfers, *platform = await asyncio.gather(*map(part, asked))
    today = today_of(hours["buckets"]) if hours else None
    dags, quality, health = platform
    data = {
        "figures": today.figures if today else None,
        "charts": [
            *([_hours_chart(desk, today)] if today else []),
            *([_days_chart(desk, days)] if days else []),
        ],
        "alerts": alerts_of(cover, (orders, transfers), (dags, quality, health)),
        "unknown": [
            name
            for name, found in (("shop", hours), ("airflow", dags), ("operations", health))
            if found is None
        ],
        "cover": cover["products"][:5] if cover else None,
    }
    return desk.page("overview", data)


def _hours_chart(desk: Desk, today: Today) -> Chart:
    return Chart(
        name="hours",
        title=desk.speak("desk_overview.hours"),
        description=desk.speak("desk_overview.hours_text"),
        labels=today.labels,
        series=[
            Series(desk.speak("desk_overview.today"), today.cents),
            Series(desk.speak("desk_overview.week_ago"), today.cents_week_ago, "before"),
        ],
        write=desk.money,
        short=desk.short_money,
    )


def _days_chart(desk: Desk, days: Document) -> Chart:
    buckets, language = days["buckets"], desk.language
    return Chart(
        name="days",
        title=desk.speak("desk_overview.days"),
        description=desk.speak("desk_overview.days_text"),
        labels=[short_day(each["began_at"], language) for each in buckets[N_DAYS:]],
        series=[
            Series(
                desk.speak("desk_overview.these_days"),
                [each["total_cents"] for each in buckets[N_DAYS:]],
            ),
            Series(
                desk.speak("desk_overview.days_before"),
                [each["total_cents"] for each in buckets[:N_DAYS]],
                "before",
            ),
        ],
        write=desk.money,
        short=desk.short_money,
    )
