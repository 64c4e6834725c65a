"""A shop with a known truth: shoppers, products and orders whose reasons are written down."""
