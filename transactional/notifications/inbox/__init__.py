"""An inbox for a shop without a mail server: takes every mail by SMTP and shows it on a page.

For trying a shop on one machine: whoever sees the page reads everybody's mails. With `SMTP_URL` given
it does not run.
"""
