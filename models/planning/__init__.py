"""From forecasts to orders: how much to keep, when to order, how much, and what to move instead."""
