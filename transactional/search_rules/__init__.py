"""What operators want of searches, and how serving hears of it."""
