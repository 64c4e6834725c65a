"""The floor of the platform: what the data is (schemas), must be (expectations) and becomes (transforms)."""
