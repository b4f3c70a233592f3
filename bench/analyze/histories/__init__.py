"""Whole histories, of any machines: what a page shows of them."""
