"""The inbox's process: an SMTP server and a page.

granian --interface asgi --factory transactional.notifications.inbox.app:create_app
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from aiosmtpd.smtp import SMTP, Envelope
from fastapi import FastAPI, Query
from fastapi.responses import HTMLResponse
from pydantic_settings import BaseSettings, SettingsConfigDict

from transactional.deps import utc_now
from transactional.notifications.inbox.mailbox import NEWEST, Mailbox
from transactional.notifications.inbox.page import inbox_page

Recipient = Annotated[str, Query(max_length=254)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Below = Annotated[int, Query(ge=1, description="only mails of lower numbers")]


class InboxSettings(BaseSettings):
    """Environment of the inbox (`INBOX_FILE`, `INBOX_SMTP_PORT`); it takes mails of this machine alone unless told more."""

    model_config = SettingsConfigDict(env_prefix="INBOX_", frozen=True)

    file: Path
    smtp_port: int
    smtp_host: str = "127.0.0.1"


class Taker:
    """Takes the mails of one SMTP server; the library calls it by the protocol's words."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail before it is acknowledged."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self._mailbox.receive(content, list(envelope.rcpt_tos), utc_now())
        return "250 kept"


def create_app(settings: InboxSettings | None = None) -> FastAPI:
    """Build the inbox."""
    settings = settings or InboxSettings()
    mailbox = Mailbox(settings.file)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        taker = Taker(mailbox)
        server = await loop.create_server(
            lambda: SMTP(taker, enable_SMTPUTF8=True), settings.smtp_host, settings.smtp_port
        )
        async with server:
            yield

    app = FastAPI(title="Emporium: the inbox", lifespan=lifespan)

    @app.get("/inbox")
    async def show(recipient: Recipient = "", limit: Limit = 100) -> HTMLResponse:
        """Show the newest mails."""
        return HTMLResponse(inbox_page(mailbox.latest(recipient, limit), recipient))

    @app.get("/inbox/mails")
    async def list_mails(
        recipient: Recipient = "", limit: Limit = 100, below: Below = NEWEST
    ) -> list[dict[str, Any]]:
        """Return the newest mails as JSON."""
        return [dataclasses.asdict(mail) for mail in mailbox.latest(recipient, limit, below)]

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the inbox answers."""
        return {"status": "ok"}

    return app
