"""What the numbers say: pure functions, no framework import, no I/O."""
