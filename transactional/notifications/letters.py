"""What the mails say: facts in, subject and text out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transactional.money import amount

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's words."""

    subject: str
    text: str


def letter(kind: str, facts: Facts) -> Letter:
    """Return the words of a mail.

    Parameters
    ----------
    facts
        By kind. Orders: `order_id`, `currency`, and `lines` of `title`, `quantity` (and `cents`),
        `charges` of `kind`, `label` and `cents`, `total_cents`; shipments: `carrier`, `tracking`; proofs:
        `code`, `expires_at`; low stock: `title`, `product_id`, `n_available`, `threshold`; what was
        decided about a seller: `name`, `note`; quality: `alert`, `subject`, `sentence`, `since`.
    """
    return LETTERS[kind](facts)


def _order_confirmed(facts: Facts) -> Letter:
    bought = [(f"{line['quantity']} x {line['title']}", line["cents"]) for line in facts["lines"]]
    others = [(each["label"], each["cents"]) for each in facts["charges"] if each["kind"] != "item"]
    charges = [*bought, *others, ("Total", facts["total_cents"])]
    return Letter(
        f"Your order {facts['order_id']}",
        "Thank you for your order. We write again when it leaves.\n\n"
        + "\n".join(
            f"{what:<40} {amount(cents, facts['currency']):>16}" for what, cents in charges
        ),
    )


def _order_cancelled(facts: Facts) -> Letter:
    return Letter(
        f"Your order {facts['order_id']} is cancelled",
        "Your order was cancelled; no money of it is kept. What it was for:\n\n"
        + _units(facts["lines"]),
    )


def _order_shipped(facts: Facts) -> Letter:
    return Letter(
        f"Your order {facts['order_id']} is on its way",
        f"With {facts['carrier']}, tracking number {facts['tracking']}:\n\n{_units(facts['lines'])}",
    )


def _refund_given(facts: Facts) -> Letter:
    return Letter(
        f"A refund of your order {facts['order_id']}",
        f"We have given back {amount(facts['cents'], facts['currency'])}, the way you paid.",
    )


def _confirm_email(facts: Facts) -> Letter:
    return Letter(
        "Confirm your e-mail address",
        f"Enter this code in the shop to confirm your address:\n\n{facts['code']}\n\n{_until(facts)}",
    )


def _reset_password(facts: Facts) -> Letter:
    return Letter(
        "A new password",
        "Somebody, most likely you, wants a new password for your account. Enter this code and the"
        f" new password in the shop:\n\n{facts['code']}\n\n{_until(facts)}"
        " If it was not you, do nothing: your password stays.",
    )


def _change_email(facts: Facts) -> Letter:
    return Letter(
        "Confirm your new e-mail address",
        "Enter this code in the shop to use this address from now on:"
        f"\n\n{facts['code']}\n\n{_until(facts)}",
    )


def _email_changed(_: Facts) -> Letter:
    return Letter(
        "Your e-mail address was changed",
        "Your account has a new e-mail address and this one is used no more. If it was not you,"
        " write to us.",
    )


def _low_stock(facts: Facts) -> Letter:
    days = facts.get("days_of_cover")
    bound = (
        f"{facts['threshold']}"
        if days is None
        else (f"{days:g} days of demand, now {facts['threshold']} units")
    )
    return Letter(
        f"Low stock: {facts['title']}",
        f"Of product {facts['product_id']} ({facts['title']}), {facts['n_available']} can be sold;"
        f" you asked to be told at {bound}.",
    )


def _quality_alert(facts: Facts) -> Letter:
    return Letter(
        f"Quality: {facts['alert'].replace('_', ' ')} of {facts['subject']}",
        f"{facts['sentence']}, since {facts['since']}. You are told once while it lasts; the pages"
        " reports/models and docs/operations.md say what to do.",
    )


def _seller_approved(facts: Facts) -> Letter:
    return Letter(
        f"You can sell as {facts['name']}",
        f"You may list products from now on. What the shop says to it:\n\n{facts['note']}",
    )


def _seller_refused(facts: Facts) -> Letter:
    return Letter(
        "Your application",
        f"We cannot let you sell as {facts['name']} now. You may apply again. The reason:"
        f"\n\n{facts['note']}",
    )


def _seller_suspended(facts: Facts) -> Letter:
    return Letter(
        f"{facts['name']} is suspended",
        "What you have for sale is being archived, and nothing is paid out for now. The reason:"
        f"\n\n{facts['note']}",
    )


def _seller_reinstated(facts: Facts) -> Letter:
    return Letter(
        f"{facts['name']} may sell again",
        f"Publish again what you want to sell. What the shop says to it:\n\n{facts['note']}",
    )


LETTERS: dict[str, Callable[[Facts], Letter]] = {
    "order_confirmed": _order_confirmed,
    "order_cancelled": _order_cancelled,
    "order_shipped": _order_shipped,
    "refund_given": _refund_given,
    "confirm_email": _confirm_email,
    "reset_password": _reset_password,
    "change_email": _change_email,
    "email_changed": _email_changed,
    "low_stock": _low_stock,
    "seller_approved": _seller_approved,
    "seller_refused": _seller_refused,
    "seller_suspended": _seller_suspended,
    "seller_reinstated": _seller_reinstated,
    "quality_alert": _quality_alert,
}


def _units(lines: Sequence[Facts]) -> str:
    return "\n".join(f"{line['quantity']} x {line['title']}" for line in lines)


def _until(facts: Facts) -> str:
    return f"It is good until {facts['expires_at']:%d %B %Y, %H:%M} UTC, once."
