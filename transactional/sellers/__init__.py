"""Sellers: how they become one, what they sold and ship, what they earn and are paid."""
