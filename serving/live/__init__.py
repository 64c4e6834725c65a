"""Live features: what the worker makes of events as they come in, and what serving reads of it."""
