"""Sends what is due: one mail per event, also when a process dies half-way."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from transactional.notifications.choosing import mails_of
from transactional.notifications.letters import letter
from transactional.notifications.repository import Claimed, MailRepository
from transactional.notifications.smtp import MailRefusedError, MailServerAwayError, Postman
from transactional.outbox.reading import Event
from transactional.proofs import ProofSigner

N_AT_ONCE = 20
MAX_TRIES = 24
"""The later ones an hour apart: a server that is away for most of a day loses nothing."""


@dataclass(frozen=True)
class MailRoom:
    """Keeps what is to be told, and tells it."""

    engine: AsyncEngine
    postman: Postman
    proofs: ProofSigner
    now: Callable[[], dt.datetime]

    async def keep(self, connection: AsyncConnection, events: Sequence[Event]) -> None:
        """Keep the mails that follow from events; for `OutboxReader`."""
        await MailRepository(connection).add(mails_of(events), self.now())

    async def send_mails(self) -> int:
        """Send what is due, and return how many mails that was."""
        async with self.engine.begin() as connection:
            claimed = await MailRepository(connection).claim(N_AT_ONCE, self.now())
        for mail in claimed:
            await self._send(mail)
        return len(claimed)

    async def _send(self, mail: Claimed) -> None:
        """Send one mail and note how it went.

        Between the server's taking it and our noting it lies an instant in which a process can die;
        the mail is then sent again, under the same `Message-ID`.
        """
        async with self.engine.connect() as connection:
            facts, recipients = await self._facts(MailRepository(connection), mail)
        if not recipients:
            await self._end(mail, "nobody to tell, or nothing to tell any more")
            return
        words = letter(mail.kind, facts)
        message = self.postman.message(mail.event_id, recipients, words, mail.created_at)
        try:
            await self.postman.send(message)
        except (MailServerAwayError, MailRefusedError) as error:
            await self._failed(mail, error)
        else:
            await self._end(mail, None)

    async def _failed(self, mail: Claimed, error: Exception) -> None:
        if isinstance(error, MailRefusedError) or mail.n_tries >= MAX_TRIES:
            await self._end(mail, str(error))
            return
        async with self.engine.begin() as connection:
            await MailRepository(connection).failed(mail.event_id, str(error))

    async def _end(self, mail: Claimed, error: str | None) -> None:
        async with self.engine.begin() as connection:
            await MailRepository(connection).end(mail.event_id, error, self.now())

    async def _facts(
        self, mails: MailRepository, mail: Claimed
    ) -> tuple[dict[str, Any], Sequence[str]]:
        """Return what the letter needs to know, as it is now, and to whom it goes."""
        facts = mail.facts
        match mail.kind:
            case "email_changed":
                return facts, [facts["former_email"]]
            case "confirm_email" | "reset_password" | "change_email":
                proof = await mails.proof(facts["proof_id"], self.now())
                code = self.proofs.code(facts["proof_id"])
                return {**proof, "code": code}, [proof["email"]] if proof else []
            case "order_confirmed" | "order_cancelled":
                facts |= await mails.order(facts["order_id"])
            case "order_shipped":
                facts |= await mails.shipment(facts["order_id"], facts["number"])
            case "refund_given":
                facts |= await mails.currency(facts["order_id"])
            case "low_stock":
                facts |= await mails.product(facts["product_id"])
        return facts, await mails.recipients(mail.customer_id)
