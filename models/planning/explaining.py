"""Why a proposal is what it is: its facts, and the same in one sentence."""

from dataclasses import asdict, dataclass

from models.planning.plan import BY_BUDGET, BY_SHELF_LIFE, Places, Plan, PlanRules


@dataclass(frozen=True)
class Explanation:
    """What a proposed line follows from; units unless the name says otherwise."""

    days_covered: float
    forecast: float
    forecast_p90: int
    service_class: str
    service_level: float
    reorder_point: int
    order_up_to: int
    on_hand: int
    reserved: int
    on_order: int
    moved_in: int
    moved_out: int
    lead_time_days: float
    lead_time_spread_days: float
    wanted: int
    pack_size: int
    minimum_order: int
    rounded: int
    capped_by: str
    proposed: int

    def facts(self) -> dict[str, object]:
        """Return the fields by name, and the sentence as `sentence`."""
        return {**asdict(self), "sentence": self.sentence()}

    def sentence(self) -> str:
        """Return it in English."""
        said = (
            f"{self.forecast:.1f} units (in nine cases of ten at most {self.forecast_p90}) are foreseen for the "
            f"{self.days_covered:.1f} days until an order of the next run comes (lead time "
            f"{self.lead_time_days:.1f} days, give or take {self.lead_time_spread_days:.1f}); to fill "
            f"{self.service_level:.1%} of what is wanted (class {self.service_class}) an order is due "
            f"at {self.reorder_point} units; there are {self.on_hand}, of which {self.reserved} are "
            f"reserved, and {self.on_order} on order"
        )
        return f"{said}{self._moves()}, so {self._order()}."

    def _moves(self) -> str:
        if self.moved_in:
            return f", and {self.moved_in} come from other warehouses"
        return f", and {self.moved_out} go to other warehouses" if self.moved_out else ""

    def _order(self) -> str:
        said = f"{self.wanted} are wanted to fill up to {self.order_up_to}"
        if self.rounded != self.wanted:
            said += f", {self.rounded} in packs of {self.pack_size}"
            said += f" and at least {self.minimum_order}" if self.minimum_order > 1 else ""
        why = {BY_SHELF_LIFE: "sell within their shelf life", BY_BUDGET: "fit the budget"}
        if self.capped_by:
            said += f", of which {self.proposed} {why[self.capped_by]}"
        return said


@dataclass(frozen=True)
class Counted:
    """What the plan's arrays don't tell of a row."""

    service_class: str
    n_on_hand: int
    n_reserved: int


def explained(
    row: int, counted: Counted, places: Places, made: Plan, rules: PlanRules
) -> Explanation:
    """Return why the plan orders what it does for a row."""
    need = made.needs
    return Explanation(
        days_covered=round(float(places.lead_days[row] + rules.review_days), 2),
        forecast=round(float(need.demand.mean[row]), 3),
        forecast_p90=int(need.p90_units[row]),
        service_class=counted.service_class,
        service_level=round(float(places.service_level[row]), 4),
        reorder_point=int(need.reorder_point[row]),
        order_up_to=int(need.order_up_to[row]),
        on_hand=counted.n_on_hand,
        reserved=counted.n_reserved,
        on_order=int(places.n_on_order[row]),
        moved_in=int(made.moved_in[row]),
        moved_out=int(made.moved_out[row]),
        lead_time_days=round(float(places.lead_days[row]), 2),
        lead_time_spread_days=round(float(places.lead_spread_days[row]), 2),
        wanted=int(made.wanted[row]),
        pack_size=int(places.terms.pack_size[row]),
        minimum_order=int(places.terms.minimum_order[row]),
        rounded=int(made.rounded[row]),
        capped_by=made.capped[row],
        proposed=int(made.units[row]),
    )
