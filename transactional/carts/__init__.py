"""What a customer means to buy, in Redis."""
