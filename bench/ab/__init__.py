"""``python -m bench ab``: two things that can be run now, measured alternately, and judged."""
