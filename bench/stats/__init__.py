"""Medians, intervals, ratios, false discovery: knows nothing of benchmarks."""
