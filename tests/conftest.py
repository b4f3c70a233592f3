"""Options of the tests themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--expect-numpy",
        type=int,
        default=None,
        metavar="MAJOR",
        help="fail unless NumPy has this major version: keeps an environment honest",
    )
