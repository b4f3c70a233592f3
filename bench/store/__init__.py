"""Runs on disk, and as one table."""
