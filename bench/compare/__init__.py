"""Is B slower than A? Pure, but for ``reading``."""
