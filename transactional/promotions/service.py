"""The rules by which operators make, change and end promotions."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from transactional.errors import ShopProblem
from transactional.promotions.models import PromotionRow
from transactional.promotions.repository import PromotionRepository

UNSAID: dict[str, object] = dict.fromkeys(
    ("percent_basis_points", "amount_cents", "n_buy", "n_get", "n_uses"), 0
)


class UnknownPromotionProblem(ShopProblem):
    """No such promotion."""

    type, title, status = "/problems/unknown-promotion", "Unknown promotion", 404


class PromotionTimeProblem(ShopProblem):
    """It would end before it begins."""

    type, title, status = "/problems/promotion-time", "Ends before it begins", 409


class PromotionCodeProblem(ShopProblem):
    """Another promotion has that code at the same time, in capitals or not."""

    type, title, status = "/problems/promotion-code-taken", "Code taken", 409

    def __init__(self, code: str, promotion_id: int) -> None:
        super().__init__(
            f"Promotion {promotion_id} has the code {code} in that time. End it first, or take"
            " another code.",
            promotion_id=promotion_id,
        )


class PromotionUsedProblem(ShopProblem):
    """It was used more often than the bound would allow."""

    type, title, status = "/problems/promotion-used", "Used more often already", 409

    def __init__(self, promotion_id: int, n_uses: int) -> None:
        super().__init__(
            f"Promotion {promotion_id} was used {n_uses} times. Set max_uses to that or more; to"
            " stop it, set ends_at to now.",
            n_uses=n_uses,
        )


@dataclass(frozen=True)
class PromotionService:
    """What operators do with promotions; orders see it from the next second on."""

    promotions: PromotionRepository
    now: Callable[[], dt.datetime]

    async def create(self, values: Mapping[str, object]) -> PromotionRow:
        """Make a promotion of the columns in `values`; it starts now unless they say when.

        Raises
        ------
        PromotionTimeProblem, PromotionCodeProblem
            If it cannot be as they say.
        """
        said = {name: value for name, value in values.items() if value is not None}
        columns = UNSAID | {"starts_at": self.now()} | said
        await self._check(PromotionRow(promotion_id=0, **columns))
        return await self.promotions.add(columns)

    async def read(self, promotion_id: int) -> PromotionRow:
        """Return a promotion.

        Raises
        ------
        UnknownPromotionProblem
            If there is none.
        """
        promotion = await self.promotions.promotion(promotion_id)
        if promotion is None:
            raise UnknownPromotionProblem(f"There is no promotion {promotion_id}.")
        return promotion

    async def change(self, promotion_id: int, values: Mapping[str, object]) -> PromotionRow:
        """Set the columns in `values`.

        Raises
        ------
        UnknownPromotionProblem
            If there is no such promotion.
        PromotionTimeProblem, PromotionCodeProblem, PromotionUsedProblem
            If it cannot be as they say.
        """
        promotion = await self.promotions.held(promotion_id)
        if promotion is None:
            raise UnknownPromotionProblem(f"There is no promotion {promotion_id}.")
        with self.promotions.session.no_autoflush:
            for name, value in values.items():
                setattr(promotion, name, value)
            if promotion.max_uses is not None and promotion.max_uses < promotion.n_uses:
                raise PromotionUsedProblem(promotion_id, promotion.n_uses)
            if "ends_at" in values:
                await self._check(promotion)
        await self.promotions.session.flush()
        return promotion

    async def _check(self, promotion: PromotionRow) -> None:
        starts_at, ends_at = promotion.starts_at, promotion.ends_at
        if ends_at is not None and ends_at < starts_at:
            raise PromotionTimeProblem("Set ends_at to starts_at or later.")
        if promotion.code is not None:
            other = await self.promotions.with_code(
                promotion.code, starts_at, ends_at, promotion.promotion_id
            )
            if other is not None:
                raise PromotionCodeProblem(promotion.code, other)
