"""Reads stored runs, one or thousands, into tables."""
