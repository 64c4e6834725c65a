"""Learned: arrays in, arrays out. No Spark, no web, no storage; MLflow only in `models.registry`."""
