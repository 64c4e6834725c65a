"""Products, their categories and sellers."""
