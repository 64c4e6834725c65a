"""After checkout: packing, shipping, returns, and the money that follows them."""
