"""Steps that the tests count are kept apart from those of a user, and few seeds count them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.convergence import statistics

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEDS = 32


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("counted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics.Statistics.__init__, "__defaults__", (folder,))
        patch.setattr("bench.convergence.tuning.MOST_SEEDS", SEEDS)
        yield
