"""What is asked for when cases are measured again; and that once, for real."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from bench.machine.fingerprint import fingerprint_id, fresh_fingerprint
from bench.run import runner
from bench.run.remeasuring import NotAgainError, remeasure
from bench.store.files import read_run

if TYPE_CHECKING:
    from bench.plan.tasks import RunAsked

CONTROL = "bench_machine[numpy-cpu(0)-empty_operator-bytes4]"
CASE = "bench_epoch[airfoil-numpy.closed_form-cpu(0)-inmemory-B1500]"
PROTOCOL = {
    "epochs": 3,
    "seconds_per_case": 0.05,
    "max_rounds": 50,
    "target": 0.01,
    "alone": True,
    "phases": True,
    "notebook_repeats": 3,
    "seed": 0,
    "sampling": "without-replacement",
    "schedule": "constant",
    "learning_rate": None,
    "tolerance": 0.01,
}


def stored(**changes: Any) -> dict[str, Any]:
    """Return a run of this machine and commit, as far as measuring again asks."""
    fingerprint = fresh_fingerprint()
    return {
        "machine_info": {
            "fingerprint": fingerprint,
            "fingerprint_id": fingerprint_id(fingerprint),
        },
        "commit_info": {"id": runner.commit()},
        "benchmarks": [
            {
                "name": CONTROL,
                "params": {
                    "backend": "numpy",
                    "device": "cpu(0)",
                    "control": "empty_operator",
                    "n_bytes": 4,
                },
                "extra_info": {"backend": "numpy"},
            },
            {
                "name": CASE,
                "params": {
                    "workload": "airfoil",
                    "kernel": "numpy.closed_form",
                    "device": "cpu(0)",
                    "loader": "inmemory",
                    "batch_size": 1500,
                },
                "extra_info": {"backend": "numpy"},
            },
        ],
        "bench": {
            "preset": "quick",
            "protocol": PROTOCOL,
            "processes": 2,
            "order_seed": 4,
            "setting": {"environment": {}, "cpus": []},
            "command": ["run", "--preset", "quick"],
        },
        **changes,
    }


def quiet() -> Console:
    return Console(file=io.StringIO())


@pytest.mark.slow
def test_flagged_cases_are_measured_again_as_they_were_and_kept_apart(tmp_path: Path) -> None:
    path = remeasure(stored(), {CONTROL, CASE}, tmp_path / "confirmations", quiet())
    assert path.parent == tmp_path / "confirmations"
    found = read_run(path)
    assert {one["name"] for one in found["benchmarks"]} == {CONTROL, CASE}
    assert all(len(one["extra_info"]["processes"]) == 2 for one in found["benchmarks"])
    assert found["bench"]["protocol"]["seconds_per_case"] == 0.05
    assert list((tmp_path / "confirmations" / "unfinished").iterdir()) == []


def _asked(monkeypatch: pytest.MonkeyPatch, document: dict[str, Any], names: set[str]) -> Any:
    """Return what would be run."""
    kept: list[RunAsked] = []

    class Begun:
        def save(self, folder: Path) -> tuple[Path, dict[str, Any], bool]:
            return folder / "run.json", {}, True

    def begin(asked: RunAsked, folder: Path, console: Console) -> Begun:
        kept.append(asked)
        return Begun()

    monkeypatch.setattr(runner, "begin", begin)
    remeasure(document, names, Path("anywhere"), quiet())
    (asked,) = kept
    return asked


def test_only_what_was_flagged_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _asked(monkeypatch, stored(), {CASE})
    assert [task.id for task in asked.tasks] == [CASE]
    assert asked.replicates == 2
    assert asked.tasks[0].group == "numpy cpu"


def test_another_commit_or_machine_is_not_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotAgainError, match="the run was of another"):
        _asked(monkeypatch, stored(commit_info={"id": "f" * 40}), {CASE})
    other = {**fresh_fingerprint(), "cpu_model": "Another"}
    machine = {"fingerprint": other, "fingerprint_id": "0123456789ab"}
    with pytest.raises(NotAgainError, match=r"another fingerprint \(different: cpu_model\)"):
        _asked(monkeypatch, stored(machine_info=machine), {CASE})


@pytest.mark.parametrize("bench", [None, {}, {"protocol": {"epochs": 3, "no_such": 1}}])
def test_a_run_of_another_version_is_not_measured_again(
    monkeypatch: pytest.MonkeyPatch, bench: Any
) -> None:
    with pytest.raises(NotAgainError, match="no run of this version"):
        _asked(monkeypatch, stored(bench=bench), {CASE})
