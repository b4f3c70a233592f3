"""What the machine is, and what it did meanwhile."""
