"""What customers say of what they bought, and what the shop counts of it."""
