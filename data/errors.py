"""The one error of this package."""

from __future__ import annotations


class DataError(Exception):
    """Data that can't be had.

    Its message is one sentence: what was given, what is allowed and what to do.
    """
