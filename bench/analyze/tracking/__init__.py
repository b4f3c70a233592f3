"""Sets a run against the earlier runs of its machine: pure functions of stored numbers."""
