from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.history.machine_history import banded, history_table, part, series_steps
from bench.history.series import same_facts
from bench.stats.verdict import Margins
from tests.history.made_up import UPGRADED, days, history_of
from tests.history.stored_history import is_kernel

if TYPE_CHECKING:
    from pathlib import Path

OF_BAND = ["key", "run", "low", "high", "mark"]


def upgraded(folder: Path) -> pd.DataFrame:
    """Return the table of a machine that is upgraded on day 13, and a kernel faster since."""
    days(folder, 1, 12)
    days(folder, 13, 24, UPGRADED, lambda name, _: -0.1 * is_kernel(name))
    made = history_of(folder)
    return banded(made, same_facts(made).kinds, Margins(), series_steps(made, Margins()))


def test_bands_are_of_runs_with_the_same_facts_before_an_upgrade_too(tmp_path: Path) -> None:
    table = upgraded(tmp_path)
    made = history_of(tmp_path)
    every = np.arange(len(made.series))
    alone = [
        history_table(part(made, np.arange(*rows), every), Margins(), {})
        for rows in ((0, 12), (12, 24))
    ]
    expected = pd.concat(alone)[OF_BAND].sort_values(["key", "run"], ignore_index=True)
    found = table[OF_BAND].sort_values(["key", "run"], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected)
    first = table[table["key"] == table["key"].iloc[0]]
    assert first["low"].isna().tolist() == ([True] * 5 + [False] * 7) * 2


def test_a_step_is_found_through_an_upgrade(tmp_path: Path) -> None:
    table = upgraded(tmp_path)
    steps = table[table["step"].notna()]
    assert set(steps["run"]) == {"run-013"}
    assert all(is_kernel(key) for key in steps["key"])
    assert len(steps) == 3


def test_without_other_facts_it_is_the_table_itself(tmp_path: Path) -> None:
    days(tmp_path, 1, 12)
    made = history_of(tmp_path)
    found = banded(made, same_facts(made).kinds, Margins(), {})
    pd.testing.assert_frame_equal(found, history_table(made, Margins(), {}))
