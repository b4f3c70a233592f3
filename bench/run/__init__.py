"""Measuring in fresh processes: launching, ordering, surviving crashes, merging."""
