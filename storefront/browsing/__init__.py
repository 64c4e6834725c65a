"""Looking around: home, search, categories, products, pictures."""
