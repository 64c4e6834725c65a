"""Batch commands: one file per job, each reads, transforms and writes the partitions of its dates."""
