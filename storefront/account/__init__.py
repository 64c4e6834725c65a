"""What is a customer's own: account, addresses, orders, returns, reviews."""
