"""Verdicts: what is slower, faster, the same, unclear; and what follows from them."""
