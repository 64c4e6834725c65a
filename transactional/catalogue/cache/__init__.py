"""Public pages of the catalogue kept near who asks: in the process, in Redis, the truth behind.

docs/architecture.md, "Reading the catalogue", tells how the parts work together.
"""
