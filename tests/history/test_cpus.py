"""A CPU that is slower than the others is named, and nothing else is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from bench.history.cpus import slower_cpus
from bench.history.reading import choose, track
from bench.stats.verdict import Margins
from tests.history.stored_history import history

if TYPE_CHECKING:
    from pathlib import Path


def cases(slower: float, n_processes: int = 12, n_cpus: int = 2) -> pd.DataFrame:
    """Return cases of processes that differ by half a percent; CPU 1 is slower by a share."""
    rng = np.random.default_rng(0)
    numbers = np.arange(n_processes)
    cpus = numbers // 2 % n_cpus
    of_process = rng.normal(0, 0.005, n_processes) + np.log1p(slower) * (cpus == 1)
    times = [
        np.exp(level + of_process + rng.normal(0, 0.002, n_processes)).tolist()
        for level in range(20)
    ]
    table: pd.DataFrame = pd.DataFrame(
        {
            "process_fifth_percentiles": times,
            "process_cpus": [cpus.astype(float).tolist()] * len(times),
        }
    )
    return table


def test_a_slower_cpu_is_named_with_its_share() -> None:
    (said,) = slower_cpus(cases(0.06))
    assert said.startswith(
        "CPU 1 is 6.4% slower than the other CPUs of this machine (at least "
    )
    assert said.endswith("by 6 processes on it and 6 on others).")


@pytest.mark.parametrize("slower", [0.0, 0.01])
def test_what_layouts_do_is_no_finding(slower: float) -> None:
    assert not [*slower_cpus(cases(slower))]


def test_too_few_processes_say_nothing() -> None:
    assert not [*slower_cpus(cases(0.06, n_processes=4))]


def test_of_several_cpus_only_the_slow_one_is_named() -> None:
    (said,) = slower_cpus(cases(0.06, n_processes=24, n_cpus=4))
    assert said.startswith("CPU 1 is ")


def test_a_run_as_the_system_starts_it_says_nothing() -> None:
    table = cases(0.06)
    table["process_cpus"] = [[]] * len(table)
    assert not [*slower_cpus(table)]


@pytest.mark.parametrize("slower", [0.0, 0.06])
def test_track_warns_of_it(tmp_path: Path, slower: float) -> None:
    run = history(tmp_path, 7)
    content = json.loads(run.read_text())
    rng = np.random.default_rng(0)
    cpus = [0, 0, 1, 1] * 3
    for one in content["benchmarks"]:
        seconds = one["stats"]["median"]
        one["extra_info"]["processes"] = [
            {
                "median": seconds,
                "fifth_percentile": seconds
                * (1 + slower * cpu + 0.003 * rng.standard_normal()),
                "cpus": [cpu],
            }
            for cpu in cpus
        ]
    run.write_text(json.dumps(content))
    warned = track(choose(run, [tmp_path]), Margins(), None).warnings
    assert any("CPU 1 is" in one for one in warned) == (slower > 0)
