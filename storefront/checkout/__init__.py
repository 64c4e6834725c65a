"""From the cart to a paid order."""
