"""The documentation's pages that are made of the code whenever the site is built."""
