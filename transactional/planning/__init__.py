"""What a plan proposes to order and to move, what it plans from, and what operators make of it."""
