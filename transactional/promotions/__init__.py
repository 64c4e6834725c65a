"""What lowers a price: promotions, and the total of an order that explains itself."""
