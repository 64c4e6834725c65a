"""Mails that follow from what happened: one for each event, sent by SMTP."""
