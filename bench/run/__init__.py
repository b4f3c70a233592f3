"""Repeats a measurement in fresh processes: launching, journal, merging, pairs."""
