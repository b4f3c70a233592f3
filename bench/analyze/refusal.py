"""When the data do not carry an answer: what is raised instead of a number."""

from __future__ import annotations


class RefusalError(Exception):
    """The data don't carry an answer.

    The message is one sentence for the user: what there is, and what would be needed.
    """
