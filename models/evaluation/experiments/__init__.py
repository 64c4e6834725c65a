"""What an experiment says: metrics of arms, how sure they are, and when it may be decided."""
