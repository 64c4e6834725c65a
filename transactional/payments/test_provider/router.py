"""The provider's API for shops, and its page for customers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, SecretStr

from transactional.payments.test_provider.books import Books, Entry, NotPossibleError
from transactional.payments.test_provider.cards import DECLINE, METHODS, THREE_D, TIMEOUT, method_of
from transactional.payments.test_provider.webhooks import Webhooks

OUTCOMES: Mapping[str, str] = {DECLINE: "declined", THREE_D: "action_required"}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Confirm the payment</title>
<body style="font:16px sans-serif;max-width:30em;margin:4em auto">
<h1>Test bank</h1><p>{text}</p>{form}</body></html>"""
FORM = """<form method="post"><button name="decision" value="authorised">Confirm</button>
<button name="decision" value="declined">Refuse</button></form>"""

router = APIRouter()


class Wanted(BaseModel):
    """One authorisation."""

    key: str
    amount_cents: Annotated[int, Field(ge=1)]
    currency: str
    method: str


class Operation(BaseModel):
    """A capture, void or refund."""

    key: str
    amount_cents: Annotated[int, Field(ge=0)] = 0


class Card(BaseModel):
    """What the shopper types on the provider's own form."""

    number: SecretStr


@dataclass(frozen=True)
class Bank:
    """What the process was built with."""

    books: Books
    webhooks: Webhooks
    public_url: str

    def found(self, reference: int) -> Entry:
        """Return an authorisation, or answer 404."""
        try:
            return self.books.entry(reference)
        except KeyError:
            raise HTTPException(404, f"no authorisation {reference}") from None

    def view(self, entry: Entry) -> dict[str, object]:
        """Return an authorisation as shops are told of it."""
        challenged = entry.status == "action_required"
        return {
            "reference": str(entry.reference),
            "key": entry.key,
            "status": entry.status,
            "amount_cents": entry.amount_cents,
            "captured_cents": entry.captured_cents,
            "refunded_cents": entry.refunded_cents,
            "currency": entry.currency,
            "reason": "the bank declined the card" if entry.status == "declined" else None,
            "action_url": f"{self.public_url}/challenges/{entry.reference}" if challenged else None,
        }


async def bank(request: Request) -> Bank:
    """Return what the process was built with."""
    built: Bank = request.app.state.bank
    return built


BankDep = Annotated[Bank, Depends(bank)]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Tell that the process is alive."""
    return {"status": "ok"}


@router.post("/v1/methods", status_code=201)
async def make_method(card: Card) -> dict[str, str]:
    """Give a token for a test card."""
    method = method_of(card.number.get_secret_value())
    if method is None:
        raise HTTPException(422, f"use a test card: {', '.join(METHODS)}")
    return {"method": method}


@router.post("/v1/authorisations")
async def authorise(wanted: list[Wanted], bank: BankDep) -> Response:
    """Answer each, in order; null: done, but the answer was lost, and who asks again gets it."""
    entries = bank.books.authorise(
        [(w.key, w.amount_cents, w.currency, w.method, _outcome(w.method)) for w in wanted]
    )
    answers = [
        None if is_new and entry.method == TIMEOUT else bank.view(entry)
        for entry, is_new in entries
    ]
    return Response(json.dumps(answers), media_type="application/json")


@router.get("/v1/authorisations")
async def read_books(bank: BankDep) -> list[dict[str, object]]:
    """Return everything: what tests compare the shop's books with."""
    return [bank.view(entry) for entry in bank.books.entries()]


@router.get("/v1/authorisations/{reference}")
async def read(reference: int, bank: BankDep) -> dict[str, object]:
    """Return one authorisation."""
    return bank.view(bank.found(reference))


@router.post("/v1/authorisations/{reference}/{kind}")
async def operate(
    reference: int, kind: Literal["capture", "void", "refund"], body: Operation, bank: BankDep
) -> dict[str, object]:
    """Take, let go or give back, once for a key; 409 if it is not possible."""
    bank.found(reference)
    try:
        if kind == "capture":
            entry = bank.books.capture(reference, body.amount_cents, body.key)
        elif kind == "refund":
            entry = bank.books.refund(reference, body.amount_cents, body.key)
        else:
            entry = bank.books.void(reference, body.key)
    except NotPossibleError as error:
        raise HTTPException(409, str(error)) from error
    return bank.view(entry)


@router.get("/challenges/{reference}", response_class=HTMLResponse)
async def show_challenge(reference: int, bank: BankDep) -> str:
    """Ask the customer."""
    entry = bank.found(reference)
    form = FORM if entry.status == "action_required" else ""
    text = f"{entry.amount_cents / 100:.2f} {entry.currency}: {entry.status.replace('_', ' ')}"
    return PAGE.format(text=text, form=form)


@router.post("/challenges/{reference}", response_class=HTMLResponse)
async def answer_challenge(
    reference: int, decision: Annotated[Literal["authorised", "declined"], Form()], bank: BankDep
) -> str:
    """Take the customer's decision, once, and tell the shop."""
    bank.found(reference)
    entry = bank.books.answer_challenge(reference, decision)
    told = await bank.webhooks.tell(bank.view(entry))
    note = "" if told else " The shop did not answer; it will ask."
    return PAGE.format(text=f"The payment is {entry.status}.{note}", form="")


def _outcome(method: str) -> str:
    if method not in METHODS.values():
        return "declined"
    return OUTCOMES.get(method, "authorised")
