"""What serves an operator's request: a clerk who also says what was done, and what was refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from storefront import formats
from storefront.apis import ApiError, Apis, RefusedError
from storefront.deps import Clerk, ClerkDep, OperatorDep
from storefront.problems import sentence

SECTIONS = (
    ("overview", "/ops"),
    ("stock", "/ops/stock"),
    ("purchases", "/ops/purchases"),
    ("transfers", "/ops/transfers"),
    ("promotions", "/ops/promotions"),
    ("rules", "/ops/search-rules"),
    ("experiments", "/ops/experiments"),
    ("models", "/ops/models"),
    ("runs", "/ops/runs"),
    ("quality", "/ops/quality"),
    ("reports", "/ops/reports"),
    ("health", "/ops/health"),
    ("mails", "/ops/mails"),
)
Pairs = list[tuple[str, str | int]]
"""What a list is asked with."""
WHAT = re.compile(r"[A-Za-z0-9_.:+-]{1,120}")


@dataclass(frozen=True)
class Desk:
    """Serves one request of an operator.

    Parameters
    ----------
    done, what
        What the form before this page did, and with which; empty: nothing.
    """

    clerk: Clerk
    done: str
    what: str

    @property
    def apis(self) -> Apis:
        """All services, in the operator's name."""
        return self.clerk.apis

    def page(
        self, name: str, data: Mapping[str, Any], refusal: str = "", status: int = 200
    ) -> Response:
        """Return the page `desk/<name>.html`, with what was done or refused above it.

        A page that is shown for a refusal has the status 409, if no other is given.
        """
        status = 409 if refusal and status == 200 else status
        shown = {**data, "notice": self._notice(), "refusal": refusal, "sections": SECTIONS}
        return self.clerk.page(f"desk/{name}.html", shown, status)

    def go(self, path: str, done: str, what: object = "") -> Response:
        """Send the browser on, to a page that says what was done."""
        sign = "&" if "?" in path else "?"
        return self.clerk.go(f"{path}{sign}done={done}&what={what}")

    @property
    def language(self) -> str:
        """The language that the operator's pages are in."""
        return self.clerk.pages.language_of(self.clerk.visit)

    def speak(self, key: str, **values: object) -> str:
        """Return a text in the operator's language."""
        return self.clerk.speak(key, **values)

    def why(self, error: ApiError) -> str:
        """Return why something was not done, in the shop's words or else in the API's.

        Raises
        ------
        RefusedError
            If the session has ended.
        """
        if not isinstance(error, RefusedError):
            return self.speak("desk.unanswered")
        known = sentence(error, self.speak)
        if known not in (self.speak("problem.other"), self.speak("problem.invalid_request")):
            return known
        wrong = "; ".join(
            f"{str(each['field']).removeprefix('body.')}: {each['detail']}"
            for each in error.problem.get("errors") or ()
        )
        return wrong or str(error.problem.get("detail") or known)

    def money(self, cents: float) -> str:
        """Return cents in words."""
        return formats.money(round(cents), self.clerk.pages.currency, self.language)

    def short_money(self, cents: float) -> str:
        """Return cents in few signs."""
        return formats.short_money(cents, self.clerk.pages.currency, self.language)

    def number(self, value: float) -> str:
        """Return a number in words."""
        return formats.number(value, self.language)

    def percent(self, ratio: float) -> str:
        """Return a ratio in percent."""
        return formats.percent(ratio, self.language)

    def _notice(self) -> str:
        try:
            return self.speak(f"desk.done_{self.done}", what=self.what) if self.done else ""
        except KeyError:
            return ""


async def desk(_: OperatorDep, clerk: ClerkDep, request: Request) -> Desk:
    """Return what serves an operator."""
    done, what = (request.query_params.get(name, "") for name in ("done", "what"))
    return Desk(clerk, done, what if WHAT.fullmatch(what) else "")


DeskDep = Annotated[Desk, Depends(desk)]


def after(cursor: str) -> Pairs:
    """Return what asks for the page behind a cursor."""
    return [("cursor", cursor)] if cursor else []
