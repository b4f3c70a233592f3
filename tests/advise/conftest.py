"""Steps that the tests count are kept apart from those of a user, and few seeds count them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bench.convergence import step_counts
from bench.convergence.rule import RULE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEEDS = 16


@pytest.fixture(scope="session")
def counted(shared: Path) -> Path:
    return shared / "counted-by-16"


@pytest.fixture(autouse=True, scope="module")
def _own_cache(counted: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step_counts.Statistics.__init__, "__defaults__", (counted,))
        patch.setattr("bench.convergence.tuning.RULE", replace(RULE, most_seeds=SEEDS))
        yield
