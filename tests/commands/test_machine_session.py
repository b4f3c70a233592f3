"""What is declared is held against the machine, in one run on it; further cases run through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.advise.roofline import excesses, peaks
from bench.plan.matrix import availability
from bench.store import tidy
from tests.commands.kernel_files import folder_with
from tests.commands.sessions import several, the_run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
CASES = "bench/cases"
#: It says that a step of 1500 samples moves gigabytes.
BOASTS = '''
"""Right, and declares far more than it moves."""
from kernels.cost import StepCost
from kernels.train.numpy_closed_form import NumpyClosedForm
class Mine(NumpyClosedForm):
    name = "mine.boasts"
    cost = StepCost(features=100_000, samples=8, parameters=5)

KERNEL = Mine()
'''
QUICK = (
    *("-p", "no:cacheprovider", "--benchmark-only", "--devices", "cpu", "--preset", "pairs"),
    *("--seconds-per-case", "0.01", "--epochs", "2", "--tables", "all"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """Measure controls, epochs, steps and updates of every backend that is here."""
    made = tmp_path_factory.mktemp("machine")
    folder = folder_with(made / "kernels", boasts=BOASTS)
    chosen = "triad or matmul or device_to_device or B1500 or P10000-"
    (done,) = several(
        [
            [
                *QUICK,
                *(
                    f"{CASES}/bench_{name}.py"
                    for name in ("machine", "epoch", "step", "update")
                ),
                *("-k", f"({chosen}) and not dataloader and not torch.compile"),
                *(f"--kernel-folder={folder}", f"--results={made / 'runs'}"),
            ]
        ]
    )
    assert done.code == 0, done.output
    return the_run(made / "runs")[1], done.output


@pytest.mark.peer
def test_no_kernel_declares_more_than_the_machine_reaches(
    run: tuple[dict[str, Any], str],
) -> None:
    document, _ = run
    table = tidy.frame(document)
    assert set(peaks(table)) == {"cpu(0)"}
    found = excesses(table)
    assert {one.what for one in found} == {"bytes"}, found
    assert {"mine.boasts" in one.name for one in found} == {True}, found


@pytest.mark.peer
def test_one_that_does_is_shown(run: tuple[dict[str, Any], str]) -> None:
    _, output = run
    assert "Declared wrongly: 2 rates above 2 times what the controls reached" in output
    assert "bench_epoch[airfoil-mine.boasts-cpu(0)-inmemory-B1500]: " in output
    assert "bench_step[airfoil-mine.boasts-cpu(0)-B1500]: " in output


@pytest.mark.peer
def test_an_added_kernel_is_timed_beside_the_others(run: tuple[dict[str, Any], str]) -> None:
    document, output = run
    mine = [one for one in document["benchmarks"] if "mine.boasts" in one["name"]]
    assert [one["extra_info"]["case"] for one in mine] == ["epoch", "step"]
    assert all(one["extra_info"]["verified"] for one in mine)
    assert "The machine: cpu(0), by the size of one array" in output
    assert "One training step: airfoil, cpu(0)" in output


def test_engines_are_told_apart_in_a_session(tmp_path: Path) -> None:
    answer = availability("mxnet", "cpu(0)")
    if not answer:
        pytest.skip(str(answer))
    (done,) = several(
        [
            [
                *QUICK,
                f"{CASES}/bench_engine.py",
                *("--kernels", "nd.closed_form", "--batch-sizes", "1500"),
                f"--results={tmp_path / 'runs'}",
            ]
        ]
    )
    assert done.code == 0, done.output
    _, document = the_run(tmp_path / "runs")
    facts = [one["extra_info"] for one in document["benchmarks"]]
    assert [(one["case"], one["engine"]) for one in facts] == [
        ("engine", "ThreadedEnginePerDevice"),
        ("engine", "NaiveEngine"),
    ]
    assert all(one["verified"] for one in facts)
    assert "nd.closed_form, NaiveEngine" in done.output
