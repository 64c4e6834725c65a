"""Events that leave the shop: written in the transaction that caused them."""
