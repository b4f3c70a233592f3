from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.history.series import same_facts
from tests.history.made_up import OTHER_NUMPY, UPGRADED, days, history_of
from tests.history.stored_history import FINGERPRINT, document, factors, store

if TYPE_CHECKING:
    from pathlib import Path


def test_another_library_makes_another_kind_of_its_own_cases_only(tmp_path: Path) -> None:
    days(tmp_path, 1, 3)
    days(tmp_path, 4, 6, OTHER_NUMPY)
    made = history_of(tmp_path)
    found = same_facts(made)
    of_numpy = (made.series["backend"] == "numpy").to_numpy()
    changed = found.kinds != found.kinds[-1]
    assert np.all(changed[:3, of_numpy])
    assert not np.any(changed[3:])
    assert not np.any(changed[:, ~of_numpy])
    keys = made.series["key"].astype(str)
    assert set(found.changed) == set()
    assert len(keys) == found.kinds.shape[1]


def test_facts_that_come_back_are_the_same_kind_again(tmp_path: Path) -> None:
    days(tmp_path, 1, 2)
    days(tmp_path, 3, 4, UPGRADED)
    days(tmp_path, 5, 6)
    kinds = same_facts(history_of(tmp_path)).kinds
    same = kinds == kinds[-1]
    assert same[:, 0].tolist() == [True, True, False, False, True, True]


def test_a_case_whose_facts_are_new_is_told_with_what_is_different(tmp_path: Path) -> None:
    days(tmp_path, 1, 2)
    days(tmp_path, 3, 3, OTHER_NUMPY)
    made = history_of(tmp_path)
    found = same_facts(made)
    of_numpy = set(made.series.loc[made.series["backend"] == "numpy", "key"])
    assert set(found.changed) == of_numpy
    assert set(found.changed.values()) == {"backends.numpy.numpy: 1.26.4 before, 2.1 now"}


def test_what_is_different_is_told_against_the_newest_of_the_earlier(tmp_path: Path) -> None:
    days(tmp_path, 1, 1)
    days(tmp_path, 2, 2, UPGRADED)
    days(tmp_path, 3, 3, {**UPGRADED, "kernel": "Linux 7.0"})
    told = same_facts(history_of(tmp_path)).changed.values()
    assert set(told) == {"kernel: Linux 6.8 before, Linux 7.0 now"}


def test_another_commit_is_what_a_series_is_watched_for(tmp_path: Path) -> None:
    days(tmp_path, 1, 1)
    other = document(2, factors(2), FINGERPRINT)
    other["commit_info"] = {"id": "0" * 40, "dirty": True}
    store(tmp_path, 2, other)
    kinds = same_facts(history_of(tmp_path)).kinds
    assert not np.any(kinds != kinds[-1])
