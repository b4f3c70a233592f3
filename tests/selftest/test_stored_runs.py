"""``compare`` is rated by runs of identical code, two by two, and again from the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.selftest.stored_runs import rate_compare, stored_runs
from bench.store.files import StoreError
from tests.compare.made_up_stored import FINGERPRINT, epoch, run, written

if TYPE_CHECKING:
    from pathlib import Path

KERNELS = ("nd.a", "nd.b", "nd.c")
LAYOUTS = np.array([1.0, 1.06, 0.97, 1.03, 1.01])


def folder_of(path: Path, n_runs: int = 6, **fingerprint: str) -> Path:
    """Write runs whose layouts differ by some percent, and else by a fifth of one."""
    rng = np.random.default_rng(1)
    for day in range(1, n_runs + 1):
        cases = []
        for kernel in KERNELS:
            times = LAYOUTS * np.exp(rng.normal(0, 0.002, len(LAYOUTS)))
            case = epoch(kernel, tuple(times.tolist()))
            for number, process in enumerate(case["extra_info"]["processes"]):
                process |= {"layout": number, "fifth_percentile": times[number]}
            cases.append(case)
        document = run(cases, day, fingerprint={**FINGERPRINT, **fingerprint})
        written(path / f"{day}.json", document)
    return path


def test_under_the_same_conditions_small_changes_are_found(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    told = rate_compare(folder_of(runs, conditions="controlled"), tmp_path / "out")
    assert (told.false_slower.count, told.false_slower.of) == (0, 9)
    assert told.same.count == 9
    assert [(slowdown, share.count, share.of) for slowdown, share in told.found] == [
        (0.02, 9, 9),
        (0.03, 9, 9),
        (0.05, 9, 9),
        (0.1, 9, 9),
    ]
    again = rate_compare(next((tmp_path / "out").iterdir()), tmp_path / "again")
    assert (again.false_slower, again.same, again.found) == (
        told.false_slower,
        told.same,
        told.found,
    )


def test_as_the_system_starts_them_they_are_not(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    told = rate_compare(folder_of(runs), tmp_path / "out")
    assert told.false_slower.count == 0
    assert dict(told.found)[0.02].count == 0


def test_what_can_t_be_rated_is_refused(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    with pytest.raises(StoreError, match="holds 1 runs"):
        stored_runs(folder_of(runs, 1))
    file = tmp_path / "x.json"
    file.write_text("{}")
    with pytest.raises(StoreError, match="holds no compared runs"):
        stored_runs(file)
    with pytest.raises(StoreError, match="can't be read"):
        stored_runs(tmp_path / "missing.json")
    written(runs / "9.json", run([epoch("nd.a")], 9, fingerprint_id="another00000"))
    with pytest.raises(StoreError, match="several fingerprints"):
        stored_runs(runs)
