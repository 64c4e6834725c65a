"""What was answered, and why: every list has an id and leaves a row of the log `answers`."""
