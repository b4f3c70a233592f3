"""What else went on while a round was timed: cumulative counters, read before and after it."""
