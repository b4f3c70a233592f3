"""The forms that verdicts can be written in."""

from __future__ import annotations

from enum import Enum


class Form(str, Enum):
    """What ``--format`` takes."""

    TERMINAL = "terminal"
    MARKDOWN = "md"
    GITHUB = "github"
    JUNIT = "junit"
    JSON = "json"
