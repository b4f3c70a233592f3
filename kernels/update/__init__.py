"""Parameter updates alone, one file each: every module here with a ``KERNEL`` is one."""
