"""Handing a mail to an SMTP server."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib

from transactional.notifications.letters import Letter

SECONDS = 15.0


class MailRefusedError(Exception):
    """The server will never take this mail: asking again changes nothing."""


class MailServerAwayError(Exception):
    """The server did not take the mail now, or did and its answer was lost."""


@dataclass(frozen=True)
class Postman:
    """Sends by the server at `smtp://[user:password@]host[:port]`, or `smtps://` for TLS at once.

    A server that offers STARTTLS is talked to by TLS from then on.
    """

    url: str
    sender: str

    def message(
        self, event_id: str, recipients: Sequence[str], letter: Letter, created_at: dt.datetime
    ) -> EmailMessage:
        """Return the message of an event: the same `Message-ID` however often it is sent.

        A mailbox that drops a `Message-ID` it has holds it once, even if a process died after the
        server took the mail and before that was noted.
        """
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = self.sender
        message["To"] = ", ".join(recipients)
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(created_at)
        message["Message-ID"] = f"<{event_id}@{self.sender.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes, please
        message.set_content(letter.text)
        return message

    async def send(self, message: EmailMessage) -> None:
        """Hand a message over.

        Raises
        ------
        MailRefusedError
            If the server refuses it for good, for all recipients.
        MailServerAwayError
            If it cannot be reached or cannot take it now.
        """
        where = urlsplit(self.url)
        try:
            await aiosmtplib.send(
                message,
                hostname=where.hostname,
                port=where.port,
                username=unquote(where.username) if where.username else None,
                password=unquote(where.password) if where.password else None,
                use_tls=where.scheme == "smtps",
                timeout=SECONDS,
            )
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as error:
            raise _judged(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailServerAwayError(repr(error)) from error


def _judged(error: aiosmtplib.SMTPException) -> Exception:
    """5xx of the recipient or the message is for good; of the connection or the log-in, it is ours."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [each.code for each in error.recipients]
    else:
        codes = [getattr(error, "code", 0)]
    ours = isinstance(error, aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPConnectError)
    for_good = all(500 <= code < 600 for code in codes) and not ours
    return MailRefusedError(str(error)) if for_good else MailServerAwayError(str(error))
