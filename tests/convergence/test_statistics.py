from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

import data
from bench.convergence import statistics
from bench.convergence.setting import Setting
from bench.convergence.statistics import Statistics
from data.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

WITH = Setting(sampling="with-replacement")


def made(folder: Path, setting: Setting = WITH, name: str = "synthetic-400x3") -> Statistics:
    return Statistics(data.load(name), setting, folder)


def test_trainings_and_theory_agree_within_the_seeds_interval(tmp_path: Path) -> None:
    needed = made(tmp_path).at(10)
    assert needed.steps == pytest.approx(needed.expected_steps, rel=0.15)
    assert needed.steps is not None
    assert needed.steps_low is not None
    assert needed.steps_high is not None
    assert needed.steps_low <= needed.steps <= needed.steps_high
    assert needed.learning_rate == pytest.approx(needed.expected_rate, rel=0.7)
    assert needed.expected_reason is None


def test_half_the_batch_takes_twice_the_steps_where_noise_decides(tmp_path: Path) -> None:
    made_up = made(tmp_path)
    one, two = made_up.at(2).steps, made_up.at(4).steps
    assert one is not None
    assert two is not None
    assert one == pytest.approx(2 * two, rel=0.15)


def test_seeds_that_miss_are_kept_as_misses(tmp_path: Path) -> None:
    needed = made(tmp_path, replace(WITH, tolerance=1e-4, most_epochs=2)).at(10)
    assert needed.steps is None
    assert needed.whole_steps is None
    assert len(needed.steps_by_seed) == needed.seeds
    assert set(needed.steps_by_seed) == {None}
    assert needed.cap == 80


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (Setting(), "with replacement"),
        (replace(WITH, schedule="power:-0.5"), "constant rate"),
    ],
)
def test_where_theory_says_nothing_the_reason_is_given(
    tmp_path: Path, setting: Setting, reason: str
) -> None:
    needed = made(tmp_path, setting).at(100)
    assert needed.expected_steps is None
    assert reason in str(needed.expected_reason)


def test_what_was_computed_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(tmp_path).at(20)
    scale = made(tmp_path).noise_scale()
    monkeypatch.setattr(statistics, "steps_to_target", pytest.fail)
    monkeypatch.setattr(statistics, "along", pytest.fail)
    assert made(tmp_path).at(20) == first
    assert made(tmp_path).noise_scale() == scale
    assert made(tmp_path).known([20])
    assert not made(tmp_path).known([20, 21])


@pytest.mark.parametrize(
    "other",
    [
        {"tolerance": 0.02},
        {"schedule": "exponential:0.9"},
        {"sampling": "without-replacement"},
        {"seed": 1},
        {"most_epochs": 7},
    ],
)
def test_another_setting_is_another_entry(tmp_path: Path, other: dict[str, object]) -> None:
    made(tmp_path).at(200)
    assert not made(tmp_path, replace(WITH, **other)).known([200])  # type: ignore[arg-type]


def test_another_workload_is_another_entry(tmp_path: Path) -> None:
    made(tmp_path).at(200)
    assert not made(tmp_path, name="synthetic-400x3-noise0.2").known([200])


@pytest.mark.parametrize("content", ["", "{", "[]", '{"batch_size": 1}'])
def test_a_damaged_entry_is_computed_again(tmp_path: Path, content: str) -> None:
    first = made(tmp_path).at(200)
    (entry,) = tmp_path.iterdir()
    entry.write_text(content)
    assert made(tmp_path).at(200) == first
    assert json.loads(entry.read_text()) == json.loads(json.dumps(asdict(first)))


def test_a_folder_that_can_not_be_written_costs_time_only(tmp_path: Path) -> None:
    occupied = tmp_path / "cache"
    occupied.write_text("")
    assert made(occupied).at(200).steps is not None


def test_a_share_above_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="optimum without loss"):
        made(tmp_path, name="synthetic-400x3-noise0")
