"""What is timed: the modules that pytest collects, one per question."""
