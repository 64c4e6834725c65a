"""Experiments as serving runs them: who is in which arm, what that changes, and what is told of it."""
