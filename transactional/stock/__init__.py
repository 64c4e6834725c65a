"""Units of each product that can be sold."""
