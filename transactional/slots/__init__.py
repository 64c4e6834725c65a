"""What operators want of the lists on the shop's pages, and how serving hears of it."""
