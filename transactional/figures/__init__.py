"""What operators look at: sales by hour and day, and how long stock lasts."""
