"""The form that makes an experiment: its fields as the API takes them, and which of them an error is about.

Up to five arms are rows of the form, the first the control; metrics and guardrails are rows too, one for each
metric. What is right is the API's to say.
"""

from collections.abc import Mapping
from typing import get_args

from features.schemas.experiments import (
    DEFAULT_METRICS,
    Metric,
    Model,
    SearchOrder,
    Surface,
    Unit,
)
from storefront.apis import RefusedError
from storefront.deps import Form
from storefront.desk.fields import cents, decimal, moment, whole, words

ARMS = range(1, 6)
SURFACES: tuple[str, ...] = get_args(Surface)
METRICS: tuple[str, ...] = get_args(Metric)
MODELS: tuple[str, ...] = get_args(Model)
ORDERS: tuple[str, ...] = get_args(SearchOrder)
UNITS: tuple[str, ...] = get_args(Unit)
DIRECTIONS = ("fall", "rise")
PERSONAL: Mapping[str, bool | None] = {"": None, "yes": True, "no": False}
OF_ARM = ("arm", "share", "model", "search_order", "personal")
ONE = (
    "name", "slots", "unit", "layer", "traffic", "n_planned", "starts_at", "ends_at", "note",
    *(f"{each}-{n}" for n in ARMS for each in OF_ARM),
    *(f"{each}-{metric}" for metric in METRICS for each in ("guard", "worst")),
)  # fmt: skip
SEVERAL = ("surfaces", "metrics")
BEGUN = {"arm-1": "control", "share-1": "50", "arm-2": "other", "share-2": "50", "layer": "main", "traffic": "100", "n_planned": "20000"}  # fmt: skip
BEGUN_WITH = {"metrics": list[str](DEFAULT_METRICS)}
CHOICES = {
    "arms": ARMS,
    "surfaces": SURFACES,
    "metrics": METRICS,
    "models": MODELS,
    "orders": ORDERS,
    "units": UNITS,
    "directions": DIRECTIONS,
    "personal": tuple(each for each in PERSONAL if each),
}
"""What the form lets choose."""
OTHERWISE_NAMED = {
    "share_basis_points": "share",
    "traffic_basis_points": "traffic",
    "arms": "design",
}


def typed_of(form: Form | None) -> dict[str, str | list[str]]:
    """Return what the form shows in its fields: what was typed, or what it begins with."""
    if form is None:
        empty: dict[str, str | list[str]] = {
            **dict.fromkeys(ONE, ""),
            **{name: [] for name in SEVERAL},
        }
        return empty | BEGUN | BEGUN_WITH
    return {name: form.text(name) for name in ONE} | {name: form.texts(name) for name in SEVERAL}


def experiment_of(form: Form) -> dict[str, object]:
    """Return what the API takes.

    Raises
    ------
    FieldError
        If a field cannot be read.
    """
    return {
        "name": form.text("name"),
        "layer": form.text("layer"),
        "traffic_basis_points": cents(form, "traffic"),
        "design": {
            "surfaces": form.texts("surfaces"),
            "slots": words(form, "slots"),
            "unit": form.text("unit"),
            "arms": [_arm(form, n) for n in rows_of(form)],
            "metrics": form.texts("metrics"),
            "guardrails": [_guardrail(form, metric) for metric in guarded_of(form)],
            "n_planned": whole(form, "n_planned"),
        },
        "starts_at": moment(form, "starts_at"),
        "ends_at": moment(form, "ends_at"),
        "note": form.text("note"),
    }


def rows_of(form: Form) -> list[int]:
    """Return the rows in which an arm was typed."""
    return [n for n in ARMS if any(form.text(f"{each}-{n}") for each in OF_ARM)]


def guarded_of(form: Form) -> list[str]:
    """Return the metrics that have a guardrail."""
    return [each for each in METRICS if form.text(f"guard-{each}")]


def _arm(form: Form, n: int) -> dict[str, object]:
    return {
        "name": form.text(f"arm-{n}"),
        "share_basis_points": cents(form, f"share-{n}"),  # 12.50 percent are 1,250 basis points
        "model": form.text(f"model-{n}") or None,
        "search_order": form.text(f"search_order-{n}") or None,
        "personal": PERSONAL.get(form.text(f"personal-{n}")),
    }


def _guardrail(form: Form, metric: str) -> dict[str, object]:
    return {
        "metric": metric,
        "direction": form.text(f"guard-{metric}"),
        "worst_ratio": (decimal(form, f"worst-{metric}") or 0.0) / 100,
    }


def wrong_of(error: RefusedError, form: Form) -> dict[str, str]:
    """Return what the API finds wrong, in its words, by field of the form; the first of each field."""
    if error.kind == "experiment-exists":
        return {"name": str(error.problem.get("detail", ""))}
    found: dict[str, str] = {}
    for each in error.problem.get("errors") or ():
        said = str(each["detail"]).removeprefix("Value error, ")
        found.setdefault(_field_of(str(each["field"]), form), said)
    return found


def _field_of(path: str, form: Form) -> str:
    """Return the field of the form that a path in the body is about; of several arms together `design`."""
    name, *rest = path.removeprefix("body.").removeprefix("design.").split(".")
    if name == "arms" and len(rest) > 1:
        own = "arm" if rest[1] == "name" else OTHERWISE_NAMED.get(rest[1], rest[1])
        return f"{own}-{rows_of(form)[int(rest[0])]}"
    if name == "guardrails" and rest:
        return f"worst-{guarded_of(form)[int(rest[0])]}"
    return OTHERWISE_NAMED.get(name, name)
