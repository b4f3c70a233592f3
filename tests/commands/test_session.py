"""A whole session: ``pytest --benchmark-only``, from the command line to the run file."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import kernel_files
from tests.commands.kernel_files import folder_with
from tests.commands.sessions import NO_GPU, ROOT, Done, command, environment, session, the_run
from tests.measure.required_facts import REQUIRED

if TYPE_CHECKING:
    from pathlib import Path

MISSING = f"no device: mxnet sees no {NO_GPU} here. It sees: cpu(0), gpu(0)"


class Session:
    """What a session printed and what it wrote."""

    def __init__(self, done: Done, folder: Path) -> None:
        self.done = done
        self.path, self.document = the_run(folder)
        self.added: dict[str, Any] = self.document["bench"]
        self.names = [one["name"] for one in self.document["benchmarks"]]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Run all that works: a kernel of the project, one of the user, a GPU that is not there."""
    tmp_path = tmp_path_factory.mktemp("good")
    mine = folder_with(tmp_path / "mine", right=kernel_files.RIGHT)
    done = session(
        *("--kernels", "nd.closed_form,mine.*", "--kernel-folder", str(mine)),
        *("--devices", f"{NO_GPU},cpu", "--results", str(tmp_path / "runs")),
    )
    assert done.code == 0, done.output
    return Session(done, tmp_path / "runs")


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Run all that fails, beside a case that does not."""
    tmp_path = tmp_path_factory.mktemp("bad")
    files = {"wrong": kernel_files.WRONG, "raises": kernel_files.RAISES}
    mine = folder_with(tmp_path / "mine", **files)
    done = session(
        *("--kernels", "nd.closed_form,mine.*", "--kernel-folder", str(mine)),
        *("--devices", f"cpu,{NO_GPU}", "--require", f"{NO_GPU},nd.closed_form"),
        *("--batch-sizes", "10", "--results", str(tmp_path / "runs"), "--figures"),
    )
    assert done.code == 1, done.output
    return Session(done, tmp_path / "runs")


def test_the_ids_name_the_cases_in_order(good: Session) -> None:
    assert good.names == [
        f"bench_epoch[airfoil-{kernel}-cpu(0)-inmemory-B{size}]"
        for kernel in ("mine.right", "nd.closed_form")
        for size in (10, 1500)
    ]


def test_every_benchmark_holds_its_facts_and_its_raw_rounds(good: Session) -> None:
    for one in good.document["benchmarks"]:
        facts, stats = one["extra_info"], one["stats"]
        assert set(facts) >= REQUIRED
        assert facts["verified"] is True
        assert facts["workload"] == "airfoil"
        assert facts["n_samples"] == 1500
        assert len(stats["data"]) == stats["rounds"]
        # Of epochs that are timed several at a time, some are timed once more by themselves.
        alone = len(stats["data"]) if stats["iterations"] == 1 else 10
        assert len(facts["enqueued_data"]) == alone
        assert facts["seconds_per_epoch"] == pytest.approx(stats["median"])
        if stats["iterations"] == 1:  # else it is of other rounds
            assert facts["enqueued_seconds"] <= facts["seconds_per_epoch"]
        assert one["group"].startswith("epoch airfoil cpu(0) inmemory B")


def test_the_losses_are_near_the_optimum_and_do_not_depend_on_the_kernel(
    good: Session,
) -> None:
    losses = {
        (one["extra_info"]["kernel"], one["extra_info"]["batch_size"]): one["extra_info"][
            "loss"
        ]
        for one in good.document["benchmarks"]
    }
    assert losses["mine.right", 10] == pytest.approx(losses["nd.closed_form", 10], rel=1e-5)
    assert 0.25598485404 <= losses["nd.closed_form", 10] < 0.27


def test_the_run_says_how_it_was_made(good: Session) -> None:
    assert good.added["format"] == 1
    assert good.added["status"] == "complete"
    assert good.added["preset"] == "default"
    assert good.added["protocol"]["epochs"] == 1
    assert good.added["protocol"]["seconds_per_case"] == 0.01
    assert "--seconds-per-case" in good.added["command"]
    assert good.added["failed"] == []


def test_the_machine_is_in_the_run_volatile_values_apart(good: Session) -> None:
    machine = good.document["machine_info"]
    assert re.fullmatch("[0-9a-f]{12}", machine["fingerprint_id"])
    assert machine["fingerprint"]
    assert machine["volatile"]
    assert "hz_actual" not in machine["cpu"]


def test_the_name_of_the_run_is_printed_and_holds_the_commit(good: Session) -> None:
    commit = good.document["commit_info"].get("id")
    short = commit[:7] if commit else "nogit"
    assert re.fullmatch(rf"\d{{8}}T\d{{6}}Z-{short}-[0-9a-f]{{6}}", good.path.stem)
    assert f"Run file: {good.path}" in good.done.output


def test_pytest_benchmark_reads_the_run(good: Session) -> None:
    compared = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", str(good.path)],
        cwd=good.path.parent,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    for name in good.names:
        assert name in compared.stdout


def test_what_can_not_run_is_skipped_with_its_reason_in_the_run(good: Session) -> None:
    assert [one["id"] for one in good.added["skipped"]] == [
        name.replace("cpu(0)", NO_GPU) for name in good.names
    ]
    assert {one["params"]["device"] for one in good.added["skipped"]} == {NO_GPU}
    assert all(one["reason"].startswith(MISSING) for one in good.added["skipped"])


def test_what_can_not_run_is_counted_with_its_reason_on_the_terminal(good: Session) -> None:
    output = " ".join(good.done.output.split())
    assert "4 cases to time (4 more can't run here and are skipped), preset default" in output
    assert f"4 cases on {NO_GPU}: {MISSING}" in output
    assert "4 passed, 4 skipped" in output


def test_only_the_tables_of_the_suite_are_printed(good: Session) -> None:
    assert "Name (time in" not in good.done.output
    assert "Training on airfoil" not in good.done.output


def test_it_ends_with_the_answer_in_at_most_eight_lines(good: Session) -> None:
    before, _, _ = good.done.output.partition("\nRun file: ")
    last = before.rpartition("\n\n")[2].splitlines()
    assert "trains fastest of " in last[0]
    assert len(last) <= 7
    assert any(line.startswith("Trust: ") for line in last)
    assert last[-1].startswith("Next: ")
    assert "minibatch-bench report" in last[-1]


@pytest.mark.slow
def test_what_is_required_fails_where_it_can_not_run(bad: Session) -> None:
    reasons = {one["id"]: one["reason"] for one in bad.added["failed"]}
    for kernel in ("nd.closed_form", "mine.wrong", "mine.raises"):
        reason = reasons[f"bench_epoch[airfoil-{kernel}-{NO_GPU}-inmemory-B10]"]
        assert reason.startswith(f"required, but {MISSING}")
    assert bad.added["skipped"] == []


@pytest.mark.slow
def test_figures_are_drawn_beside_the_run(bad: Session) -> None:
    folder = bad.path.with_suffix("")
    assert {path.name for path in folder.iterdir()} == {
        f"{name}-airfoil-cpu0-inmemory.{kind}"
        for name in ("speed", "loss")
        for kind in ("png", "svg")
    }
    assert f"Figures: {folder}" in bad.done.output


@pytest.mark.slow
def test_a_wrong_kernel_fails_and_is_not_in_the_run(bad: Session) -> None:
    assert bad.names == ["bench_epoch[airfoil-nd.closed_form-cpu(0)-inmemory-B10]"]
    reasons = {one["id"]: one["reason"] for one in bad.added["failed"]}
    assert len(reasons) == 5
    reason = reasons["bench_epoch[airfoil-mine.wrong-cpu(0)-inmemory-B10]"]
    assert reason.startswith(
        "mine.wrong on cpu(0) (inmemory, batch size 10) is wrong, so it is"
    )


@pytest.mark.slow
def test_a_kernel_that_raises_fails_alone(bad: Session) -> None:
    reasons = {one["id"]: one["reason"] for one in bad.added["failed"]}
    assert (
        "no [bold]step[/bold] can be done"
        in (reasons["bench_epoch[airfoil-mine.raises-cpu(0)-inmemory-B10]"])
    )
    assert "INTERNALERROR" not in bad.done.output


@pytest.mark.slow
def test_failures_are_listed_with_their_reasons(bad: Session) -> None:
    output = " ".join(bad.done.output.split())
    assert "Failed: 5 cases, not in the run" in output
    assert "bench_epoch[airfoil-mine.wrong-cpu(0)-inmemory-B10]: mine.wrong on cpu(0)" in output
    assert "2 failed, 1 passed, 3 errors" in output
    assert "warning" not in output
    assert "def check(" not in bad.done.output, "no traceback for a kernel that is wrong"


@pytest.mark.slow
@pytest.mark.usefixtures("without_mxnet")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_a_whole_run_with_the_finished_cases(
    tmp_path: Path, number: signal.Signals
) -> None:
    mine = folder_with(tmp_path / "mine", sleeps=kernel_files.SLEEPS)
    process = subprocess.Popen(
        command(
            *("--kernels", "mine.sleeps", "--kernel-folder", str(mine)),
            *("--results", str(tmp_path / "runs")),
        ),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        while not (mine / "asleep").exists():
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.02)
        process.send_signal(number)
        output, _ = process.communicate(timeout=600)
    finally:
        process.kill()
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    interrupted = Session(Done(process.returncode, output), tmp_path / "runs")
    assert interrupted.added["status"] == "interrupted"
    assert interrupted.names == ["bench_epoch[airfoil-mine.sleeps-cpu(0)-inmemory-B10]"]
    assert interrupted.document["benchmarks"][0]["extra_info"]["verified"] is True
    assert interrupted.added["failed"] == []
    assert "Interrupted: the run holds the cases that were finished." in output
    assert "INTERNALERROR" not in output
