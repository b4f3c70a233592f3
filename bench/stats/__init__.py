"""Medians, intervals, change points, verdicts: knows nothing of benchmarks."""
