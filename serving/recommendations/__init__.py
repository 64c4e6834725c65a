"""Products for a customer, or beside a product."""
