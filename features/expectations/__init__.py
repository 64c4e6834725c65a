"""What the logs must be: judged row by row (`reasons`) and as a whole (`suite`), from one schema."""
