"""What is a seller's own: products, orders, money."""
