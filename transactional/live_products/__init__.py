"""Telling serving at once what became of products since its index was built."""
