"""Demand of each product on each of the next days, with quantiles."""
