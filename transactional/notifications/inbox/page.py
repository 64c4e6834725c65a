"""The page that shows the mails."""

import html
from collections.abc import Sequence

from transactional.notifications.inbox.mailbox import ReceivedMail

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Inbox</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 48em; margin: 2em auto; padding: 0 1em; color: #222 }}
article {{ border: 1px solid #ccc; border-radius: 6px; padding: .2em 1em; margin: 1em 0 }}
h2 {{ font-size: 1.1em; margin: .6em 0 0 }} small {{ color: #666 }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.5 ui-monospace, monospace }}
</style>
<h1>Inbox</h1>
<p>Every mail of this shop ends here, because no mail server was named (SMTP_URL). Newest first.</p>
<form><label>To <input name="recipient" value="{recipient}"></label> <button>Show</button></form>
{mails}</html>"""
MAIL = """<article><h2>{subject}</h2><small>to {recipients} · {received_at}</small>
<pre>{body}</pre></article>"""


def inbox_page(mails: Sequence[ReceivedMail], recipient: str) -> str:
    """Return the page as HTML; nothing that came by mail is taken for markup."""
    shown = "".join(MAIL.format(**_escaped(mail)) for mail in mails)
    return PAGE.format(
        recipient=html.escape(recipient), mails=shown or "<p><em>No mail yet.</em></p>"
    )


def _escaped(mail: ReceivedMail) -> dict[str, str]:
    names = ("subject", "recipients", "body")
    return {name: html.escape(getattr(mail, name)) for name in names} | {
        "received_at": mail.received_at[:19].replace("T", " ")
    }
