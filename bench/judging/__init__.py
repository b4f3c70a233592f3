"""Reads stored runs and judges them: what has become slower, and how sure that is."""
