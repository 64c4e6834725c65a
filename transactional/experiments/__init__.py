"""Experiments as operators run them, and how serving hears of them."""
