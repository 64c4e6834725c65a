"""How fresh everything is that answers are made from."""
