"""The shop's API, as an operator's program uses it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from jobs.runner import Settings

API = "/api/v1"
TIMEOUT_SECONDS = 60.0
RATES_AT_ONCE = 5000


class ShopDeskError(Exception):
    """The shop can't be reached, or refuses a request; the message says why.

    Parameters
    ----------
    problem
        The `type` of its problem document, "" without one.
    """

    def __init__(self, message: str, problem: str = "") -> None:
        super().__init__(message)
        self.problem = problem


@dataclass(frozen=True)
class ShopDesk:
    """The shop; `client` has its address and an operator's token."""

    client: httpx2.Client

    def position(self) -> list[dict[str, Any]]:
        """Return every product that is planned: price, terms, units by warehouse."""
        return list(self._pages("stock/position", "products"))

    def receipts(self) -> list[dict[str, Any]]:
        """Return what came from suppliers, and when it was ordered."""
        return list(self._pages("stock/receipts", "receipts"))

    def tell_rates(self, units_per_day: Mapping[int, float]) -> None:
        """Tell how fast products sell."""
        rates = [{"product_id": id_, "units_per_day": n} for id_, n in units_per_day.items()]
        for start in range(0, len(rates), RATES_AT_ONCE):
            body = {"rates": rates[start : start + RATES_AT_ONCE]}
            self._ask("PUT", "stock/demand-rates", json=body)

    def propose(
        self, day: str, orders: Sequence[Mapping[str, Any]], transfers: Sequence[Mapping[str, Any]]
    ) -> dict[str, int]:
        """Make these the drafts of the day's run and return what became of them."""
        body = {"purchase_orders": list(orders), "transfers": list(transfers)}
        found: dict[str, int] = self._ask("PUT", f"stock/proposals/{day}", json=body)
        return found

    def stop_arm(self, experiment: str, arm: str, reason: str) -> None:
        """Stop an arm of an experiment; one that was stopped before stays so, with its reason."""
        self._ask("POST", f"experiments/{experiment}/arms/{arm}/stop", json={"reason": reason})

    def _pages(self, path: str, name: str) -> Iterator[dict[str, Any]]:
        cursor: dict[str, str] = {}
        while True:
            page = self._ask("GET", path, params=cursor)
            yield from page[name]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def _ask(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
        return asked(self.client, method, path, **options)


def asked(client: httpx2.Client, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the answer's JSON, None if it has no body.

    Raises
    ------
    ShopDeskError
        If there is no answer, or it is a refusal.
    """
    try:
        answer = client.request(method, f"{API}/{path}", **options)
        body = answer.json() if answer.content else None
    except (httpx2.HTTPError, ValueError) as error:
        raise ShopDeskError(f"{method} {path}: {error!r}") from error
    if answer.is_error:
        said = body if isinstance(body, dict) else {}
        detail = said.get("detail", answer.text[:500])
        message = f"{method} {path}: {answer.status_code} {detail}"
        raise ShopDeskError(message, str(said.get("type", "")))
    return body


@contextmanager
def shop_desk(settings: Settings) -> Iterator[ShopDesk | None]:
    """Log in at the shop of the settings; None where they name none.

    Raises
    ------
    ShopDeskError
        If the shop can't be reached, or does not know the operator.
    """
    if not settings.shop_url:
        yield None
        return
    with httpx2.Client(base_url=settings.shop_url, timeout=TIMEOUT_SECONDS) as client:
        credentials = {
            "email": settings.shop_operator_email,
            "password": settings.shop_operator_password.get_secret_value(),
        }
        token = asked(client, "POST", "tokens", json=credentials)["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield ShopDesk(client)
