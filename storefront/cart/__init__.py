"""The cart: what is in it, what changed since, which codes count."""
