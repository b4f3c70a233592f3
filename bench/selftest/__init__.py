"""``python -m bench selftest``: measures how often verdicts are wrong on this machine, now."""
