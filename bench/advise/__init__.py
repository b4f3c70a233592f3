"""Which batch size to take, and what bounds it. Pure, but for ``reading``."""
