"""What the rules of slots and of searches share: when they count, who changed them, their way to Redis."""
