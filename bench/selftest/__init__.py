"""Measures how often verdicts are wrong, on this machine, now."""
