"""Answered: search, recommendations and the clickstream over HTTP. Reads what jobs publish."""
