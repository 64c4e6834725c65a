"""The overview's figures: today beside a week ago, and what waits for somebody."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from storefront.apis import Document

DAY_HOURS, WEEK_HOURS = 24, 168
N_HOURS = WEEK_HOURS + DAY_HOURS
N_DAYS = 14
FIGURES = ("n_orders", "total_cents", "n_units", "refunded_cents")
LOW_COVER_DAYS = 7.0


@dataclass(frozen=True)
class Figure:
    """A sum of today, and of the same weekday's hours a week ago; both up to this hour."""

    name: str
    today: int
    week_ago: int

    @property
    def change_ratio(self) -> float | None:
        """How much more it is than a week ago; None where there was nothing."""
        return self.today / self.week_ago - 1 if self.week_ago else None


@dataclass(frozen=True)
class Today:
    """Today (UTC) by hour, and the same hours a week ago."""

    figures: Sequence[Figure]
    labels: Sequence[str]
    cents: Sequence[int | None]
    cents_week_ago: Sequence[int]


def today_of(buckets: Sequence[Document]) -> Today:
    """Return today's figures, of the last 192 hours, the present one last."""
    present = _at(buckets[-1])
    n_passed = present.hour + 1
    today = buckets[-n_passed:]
    first = len(buckets) - n_passed - WEEK_HOURS
    week_ago = buckets[max(0, first) : max(0, first) + DAY_HOURS]
    figures = [Figure(name, _sum(today, name), _sum(week_ago[:n_passed], name)) for name in FIGURES]
    cents = [each["total_cents"] for each in today]
    return Today(
        figures=figures,
        labels=[f"{hour:02d}:00" for hour in range(DAY_HOURS)],
        cents=[*cents, *[None] * (DAY_HOURS - n_passed)],
        cents_week_ago=[each["total_cents"] for each in week_ago],
    )


@dataclass(frozen=True)
class Alert:
    """Something that waits for somebody: how many, and where to go; `is_bad` if it should not be."""

    name: str
    n: int
    path: str
    is_bad: bool


def failed_dags(dags: Sequence[Document]) -> list[str]:
    """Return the DAGs whose last run that is over has failed."""
    ended = {
        each["dag_id"]: [run for run in each["runs"] if run["state"] in ("success", "failed")]
        for each in dags
    }
    return [name for name, runs in ended.items() if runs and runs[0]["state"] == "failed"]


def alerts_of(
    cover: Document | None,
    drafts: tuple[Document | None, Document | None],
    platform: tuple[Document | None, Document | None, Document | None],
) -> list[Alert]:
    """Return what waits, what is bad first; what cannot be had is left out.

    Parameters
    ----------
    drafts
        Purchase orders and transfers that are proposed.
    platform
        DAGs, quality and health.
    """
    found: list[Alert] = []
    orders, transfers = drafts
    dags, quality, health = platform
    if cover is not None:
        low = [each for each in cover["products"] if _is_low(each)]
        found.append(Alert("low_cover", len(low), "/ops/stock", is_bad=True))
    if orders is not None:
        found.append(
            Alert("drafts", len(orders["purchase_orders"]), "/ops/purchases", is_bad=False)
        )
    if transfers is not None:
        found.append(
            Alert("transfers", len(transfers["transfers"]), "/ops/transfers", is_bad=False)
        )
    if dags is not None:
        n_failed = len(failed_dags(dags["dags"]))
        found.append(Alert("failed_runs", n_failed, "/ops/runs", is_bad=True))
    if quality is not None:
        n_breached = sum(each["is_breached"] for each in quality["findings"])
        found.append(Alert("breaches", n_breached, "/ops/quality", is_bad=True))
    if health is not None:
        n_ill = sum(each["state"] in ("not_ready", "gone") for each in health["services"])
        found.append(Alert("services", n_ill, "/ops/health", is_bad=True))
    return sorted((each for each in found if each.n), key=lambda each: not each.is_bad)


def _is_low(product: Document) -> bool:
    cover = product["days_of_cover"]
    return cover is not None and cover < LOW_COVER_DAYS


def _sum(buckets: Sequence[Document], name: str) -> int:
    return sum(each[name] for each in buckets)


def _at(bucket: Document) -> dt.datetime:
    return dt.datetime.fromisoformat(bucket["began_at"])
