"""The tree of categories."""
