from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import data
from bench.convergence import step_counts
from bench.convergence.rule import RULE
from bench.convergence.step_counts import Statistics
from bench.convergence.tuning import Moments, Setting
from data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

WITH = Setting(sampling="with-replacement")


@pytest.fixture(autouse=True, scope="module")
def _fewer_seeds() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.convergence.tuning.RULE", replace(RULE, most_seeds=64))
        yield


def made(folder: Path, setting: Setting = WITH, name: str = "synthetic-400x3") -> Statistics:
    return Statistics(data.load(name), setting, folder)


def test_trainings_and_theory_agree_within_the_seeds_interval(tmp_path: Path) -> None:
    statistics = made(tmp_path)
    needed, problem = statistics.at(10), statistics.problem
    assert needed.steps == pytest.approx(needed.expected_steps, rel=0.15)
    rate, _ = Moments(problem).best(10, needed.learning_rate, WITH.tolerance * problem.loss)
    assert needed.learning_rate == pytest.approx(rate, rel=0.7)
    assert needed.steps is not None
    assert needed.steps_low is not None
    assert needed.steps_high is not None
    assert needed.steps_low <= needed.steps <= needed.steps_high


@pytest.mark.slow
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


@pytest.mark.parametrize("setting", [Setting(), replace(WITH, schedule="power:-0.5")])
def test_theory_says_nothing_of_other_settings(tmp_path: Path, setting: Setting) -> None:
    assert made(tmp_path, setting).at(100).expected_steps is None


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache that holds batch size 200 and the noise scale; not to be changed."""
    folder = tmp_path_factory.mktemp("kept")
    made(folder).at(200)
    made(folder).noise_scale()
    return folder


def test_what_was_computed_is_read_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_counts, "steps_to_target", pytest.fail)
    monkeypatch.setattr(step_counts, "along", pytest.fail)
    assert made(kept).at(200).steps is not None
    assert made(kept).at(200) == made(kept).at(200)
    assert made(kept).noise_scale() == made(kept).noise_scale()
    assert uncounted(made(kept), [200]) == []


def uncounted(statistics: Statistics, sizes: list[int]) -> list[str]:
    """Return what is told of sizes that have to be counted, and count none."""
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Statistics, "at", lambda *_: None)
        statistics.count(sizes, said.append)
    return said


def test_how_far_it_is_is_told_before_each_size_that_has_to_be_counted(kept: Path) -> None:
    told = uncounted(made(kept), [300, 200, 100, 10**6])
    about = f"counting the steps to the target of {made(kept).workload.name}, once: batch size"
    assert told == [f"[1/3] {about} 100", f"[3/3] {about} 300"]


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
def test_another_setting_is_another_entry(kept: Path, other: dict[str, object]) -> None:
    assert uncounted(made(kept, replace(WITH, **other)), [200])  # type: ignore[arg-type]


def test_another_workload_is_another_entry(kept: Path) -> None:
    assert uncounted(made(kept, name="synthetic-400x3-noise0.2"), [200])


@pytest.mark.parametrize("content", ["", "{", "[]", '{"batch_size": 1}'])
def test_a_damaged_entry_is_computed_again(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    (name,) = (path.name for path in kept.iterdir() if "steps_by_seed" in path.read_text())
    entry = Path(shutil.copy(kept / name, tmp_path))
    anew = replace(made(tmp_path).at(200), seeds=7)
    monkeypatch.setattr(step_counts, "steps_to_target", lambda *_: anew)
    assert made(tmp_path).at(200).seeds != 7
    entry.write_text(content)
    assert made(tmp_path).at(200) == anew
    assert json.loads(entry.read_text()) == json.loads(json.dumps(asdict(anew)))


def test_a_folder_that_can_not_be_written_costs_time_only(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = made(kept).at(200)
    occupied = tmp_path / "cache"
    occupied.write_text("")
    monkeypatch.setattr(step_counts, "steps_to_target", lambda *_: needed)
    assert made(occupied).at(200) == needed


def test_a_share_above_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="optimum without loss"):
        made(tmp_path, name="synthetic-400x3-noise0")
