"""The shop: accounts, catalogue, carts, orders, stock. PostgreSQL is the truth; the outbox tells of it."""
