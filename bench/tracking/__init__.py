"""Today's run against the history of its machine: reads, judges, confirms."""
