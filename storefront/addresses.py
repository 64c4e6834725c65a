"""A postal address as forms have it."""

from storefront.apis import Document
from storefront.deps import Form

FIELDS = ("recipient", "street", "extra", "postal_code", "city", "region", "country", "phone")
OPTIONAL = frozenset(("extra", "region", "phone"))
AUTOCOMPLETE = {
    "recipient": "name",
    "street": "address-line1",
    "extra": "address-line2",
    "postal_code": "postal-code",
    "city": "address-level2",
    "region": "address-level1",
    "country": "country",
    "phone": "tel",
}
"""What browsers fill in (WCAG 1.3.5)."""
COUNTRIES = (
    "AT", "BE", "BG", "BR", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR",
    "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "US",
)  # fmt: skip


def address_of(form: Form) -> dict[str, str | bool | None]:
    """Return what the API takes; what is left empty is null."""
    fields: dict[str, str | bool | None] = {name: form.text(name) or None for name in FIELDS}
    return {**fields, "is_default": bool(form.text("is_default"))}


def missing_fields(address: Document) -> frozenset[str]:
    """Return the fields that have to be filled in and are not."""
    return frozenset(name for name in FIELDS if name not in OPTIONAL and not address[name])


def address_form(typed: Document | None, wrong: frozenset[str]) -> dict[str, object]:
    """Return what the fields of an address need."""
    return {
        "typed": typed or dict.fromkeys(FIELDS),
        "wrong": wrong,
        "fields": FIELDS,
        "optional": OPTIONAL,
        "autocomplete": AUTOCOMPLETE,
        "countries": COUNTRIES,
    }
