"""A real run with its best batch sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.advise import reading
from bench.convergence import step_counts
from bench.convergence.rule import RULE
from bench.report.page.one_run import Material
from bench.store.files import read_run

#: Epochs and whole trainings of four kernels at eleven batch sizes, three processes each.
ADVISED = Path(__file__).parents[2] / "results/reference/20261122T215340Z-ade4374-4a100d.json"


@pytest.fixture(scope="session")
def advised(shared: Path) -> Material:
    """A run with its answers, from steps counted on a few seeds."""
    document = read_run(ADVISED)
    with pytest.MonkeyPatch.context() as patch:
        folder = shared / "counted-by-16"
        patch.setattr(step_counts.Statistics.__init__, "__defaults__", (folder,))
        patch.setattr("bench.convergence.tuning.RULE", replace(RULE, most_seeds=16))
        found = reading.find(reading.rows_of([document]), 0.01)
    return Material(document, ADVISED.name, found)
