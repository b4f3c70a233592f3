"""Is this machine slower than it was? Pure, but for ``reading``."""
