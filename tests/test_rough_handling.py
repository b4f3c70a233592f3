"""A few of what ``python -m tests.rough_handling`` tries by the hundred, always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rough_handling import try_damaged, try_kills

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("n_files", [8, pytest.param(60, marks=pytest.mark.slow)])
def test_no_damaged_file_ends_a_command_with_a_traceback_or_a_verdict(
    tmp_path: Path, n_files: int
) -> None:
    assert list(try_damaged(n_files, n_files, tmp_path)) == []


@pytest.mark.slow
def test_no_kill_leaves_half_a_file_or_a_traceback(tmp_path: Path) -> None:
    assert list(try_kills(6, 0, tmp_path)) == []
