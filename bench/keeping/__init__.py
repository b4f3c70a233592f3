"""Keeps a history in order: what may go, what comes in, what is set aside."""
