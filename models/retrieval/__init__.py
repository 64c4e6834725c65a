"""Candidate retrieval: of many items, those a user may want."""
