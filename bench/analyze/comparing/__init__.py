"""Sets stored runs against one another: pure functions of their tidy tables."""
