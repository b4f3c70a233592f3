"""``python -m bench run`` from the outside: what it leaves, whatever ends it."""

from __future__ import annotations

import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from bench.run.runner import read_journal, unfinished
from bench.store.files import read_run
from tests.run import misbehaving

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("without_mxnet")
ROOT = Path(__file__).resolve().parents[2]
#: Long enough for any machine: what is waited for comes, or the test fails.
WAIT_SECONDS = 600.0
FINISHING = "Finishing the case in progress"


def command(kernels: Path, results: Path, *more: str, sizes: str = "20") -> list[str]:
    options = {
        "--preset": "quick",
        "--cases": "epoch",
        "--kernels": "mine.sgd",
        "--devices": "cpu(0)",
        "--loaders": "inmemory",
        "--workloads": "synthetic-60x2",
        "--batch-sizes": sizes,
        "--processes": "2",
        "--seconds-per-case": "0.001",
        "--kernel-folder": str(kernels),
        "--results": str(results),
    }
    given = [word for pair in options.items() for word in pair]
    return [sys.executable, "-m", "bench", "run", "--no-memory", *given, *more]


def resuming(results: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "bench", "run", "--resume"),
        *("--results", str(results)),
    ]


def done(words: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_SECONDS,
        **more,
    )


def only_run(results: Path) -> dict[str, Any]:
    (path,) = results.glob("*.json")
    return read_run(path)


def wait_for(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + WAIT_SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to it"
        time.sleep(0.02)
    return found


def n_outcomes(results: Path) -> int:
    try:
        return sum(len(read_journal(path)[1]) for path in unfinished(results))
    except Exception:  # noqa: BLE001 - it is being written
        return 0


def workers_of(parent: psutil.Process) -> list[psutil.Process]:
    return [
        child
        for child in parent.children(recursive=True)
        if "bench.run.worker" in " ".join(child.cmdline())
    ]


def test_it_merges_its_processes_into_one_run_file(tmp_path: Path) -> None:
    kernels, results = misbehaving.folder_of(tmp_path / "kernels"), tmp_path / "results"
    result = done(
        command(
            *(kernels, results, "--order-seed", "5", "--threads", "1", "--tf32"), sizes="20,30"
        )
    )
    assert result.returncode == 0, result.stderr
    assert "--tf32 changes nothing: no GPU is to be measured here.\n" in result.stdout
    assert "2 cases to time, preset quick: 5 s to " in result.stdout
    assert "Each case in 2 processes." in result.stdout
    assert "Trust: " in result.stdout
    run = only_run(results)
    assert unfinished(results) == []
    names = [one["name"] for one in run["benchmarks"]]
    assert names == [
        f"bench_epoch[synthetic-60x2-mine.sgd-cpu(0)-inmemory-B{size}]" for size in (20, 30)
    ]
    for one in run["benchmarks"]:
        info = one["extra_info"]
        assert info["verified"] is True
        assert [part["replicate"] for part in info["processes"]] == [0, 1]
        first, second = (part["rounds"] for part in info["processes"])
        assert (first[0], first[1], second[1]) == (0, second[0], len(one["stats"]["data"]))
        assert info["seconds_per_epoch"] == one["stats"]["median"]
        assert info["between_confidence"] == 0.5
        low, high = info["between_interval"]
        assert low <= info["seconds_per_epoch"] <= high
    said = run["bench"]
    assert (said["processes"], said["order_seed"], said["status"]) == (2, 5, "complete")
    assert said["setting"]["environment"]["OMP_NUM_THREADS"] == "1"
    threads = run["machine_info"]["fingerprint"]["threads"]["settings"]
    assert threads["OMP_NUM_THREADS"] == "1"
    assert said["incidents"] == said["failed"] == []


@pytest.mark.slow
def test_crashes_hangs_and_errors_cost_their_case_in_that_process_only(tmp_path: Path) -> None:
    kernels = misbehaving.folder_of(tmp_path / "kernels", "once")
    results = tmp_path / "results"
    sizes = (
        misbehaving.EXITS,
        misbehaving.RAISES,
        misbehaving.SEGFAULTS,
        misbehaving.HANGS,
        misbehaving.NO_MEMORY,
        20,
    )
    text = ",".join(map(str, sizes))
    result = done(command(kernels, results, "--case-timeout", "60", sizes=text))
    assert result.returncode == 0, result.stderr
    run = only_run(results)
    assert len(run["benchmarks"]) == len(sizes)
    measured = {
        one["extra_info"]["batch_size"]: len(one["extra_info"]["processes"])
        for one in run["benchmarks"]
    }
    assert measured == {**dict.fromkeys(sizes, 1), 20: 2}
    causes = {
        int(one["id"].rpartition("B")[2].rstrip("]")): one["cause"]
        for one in run["bench"]["incidents"]
    }
    assert causes == {
        misbehaving.EXITS: "crash",
        misbehaving.RAISES: "error",
        misbehaving.SEGFAULTS: "crash",
        misbehaving.HANGS: "hang",
        misbehaving.NO_MEMORY: "out of memory",
    }
    assert "the reason is told here" in result.stdout
    assert "SIGSEGV" in result.stdout


@pytest.mark.slow
def test_what_goes_wrong_every_time_has_failed_and_the_rest_is_measured(tmp_path: Path) -> None:
    kernels, results = misbehaving.folder_of(tmp_path / "kernels"), tmp_path / "results"
    sizes = f"{misbehaving.SEGFAULTS},{misbehaving.WRONG},20"
    result = done(command(kernels, results, sizes=sizes))
    assert result.returncode == 1
    run = only_run(results)
    assert [one["extra_info"]["batch_size"] for one in run["benchmarks"]] == [20]
    reasons = {one["params"]["batch_size"]: one["reason"] for one in run["bench"]["failed"]}
    assert "SIGSEGV" in reasons[misbehaving.SEGFAULTS]
    assert "is wrong, so it is not timed" in reasons[misbehaving.WRONG]
    assert "Failed: 2 cases" in result.stdout


@pytest.mark.slow
def test_a_measuring_process_that_is_killed_loses_the_case_in_progress(tmp_path: Path) -> None:
    kernels = misbehaving.folder_of(tmp_path / "kernels", "once")
    results = tmp_path / "results"
    sizes = f"20,{misbehaving.HANGS}"
    with subprocess.Popen(
        command(kernels, results, sizes=sizes),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        wait_for((kernels / "hanging").exists)
        for worker in workers_of(psutil.Process(run.pid)):
            worker.kill()
        output, _ = run.communicate(timeout=WAIT_SECONDS)
    assert run.returncode == 0, output
    written = only_run(results)
    assert len(written["benchmarks"]) == 2
    (incident,) = written["bench"]["incidents"]
    assert (incident["cause"], "SIGKILL" in incident["message"]) == ("crash", True)


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0, 2])
def test_a_parent_that_is_killed_at_any_moment_loses_at_most_the_case_in_progress(
    tmp_path: Path, moment: int
) -> None:
    kernels = misbehaving.folder_of(tmp_path / "kernels", "slow")
    results = tmp_path / "results"
    results.mkdir()
    (results / "older.json").write_text('{"benchmarks": []}')
    sizes = "20,30,21,22,23"
    run = subprocess.Popen(
        command(kernels, results, sizes=sizes),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: n_outcomes(results) >= 1 + 3 * moment)
    time.sleep(random.Random(moment).uniform(0, 0.3))
    workers = workers_of(psutil.Process(run.pid))
    before = n_outcomes(results)
    run.kill()
    run.wait()
    # Its process does not go on measuring for nobody.
    psutil.wait_procs(workers, timeout=WAIT_SECONDS)
    assert not any(worker.is_running() for worker in workers)
    assert n_outcomes(results) >= before
    assert (results / "older.json").read_text() == '{"benchmarks": []}'
    assert not list(results.glob(".*.tmp"))
    kept = n_outcomes(results)
    result = done(resuming(results))
    assert result.returncode == 0, result.stderr
    (results / "older.json").unlink()
    written = only_run(results)
    assert unfinished(results) == []
    assert [len(one["extra_info"]["processes"]) for one in written["benchmarks"]] == [2] * 5
    assert kept >= 1 + 3 * moment


@pytest.mark.slow
@pytest.mark.parametrize(
    "signals",
    [
        (signal.SIGINT,),
        (signal.SIGINT,) * 2,
        (signal.SIGTERM,),
    ],
)
def test_ctrl_c_saves_what_was_measured_and_a_second_one_does_so_at_once(
    tmp_path: Path, signals: tuple[signal.Signals, ...]
) -> None:
    kernels = misbehaving.folder_of(tmp_path / "kernels", "once", "slow")
    results = tmp_path / "results"
    hangs = len(signals) == 2 or signals[0] is signal.SIGTERM
    last = misbehaving.HANGS if hangs else misbehaving.SLOW
    # With this seed the misbehaving case comes last in the first process.
    words = command(kernels, results, "--order-seed", "1", sizes=f"20,30,{last}")
    words[1:1] = ["-u"]
    with (
        (tmp_path / "output").open("w+") as output,
        subprocess.Popen(words, cwd=ROOT, stdout=output, stderr=output) as run,
    ):
        wait_for(lambda: n_outcomes(results) >= 1)
        if hangs:
            wait_for((kernels / "hanging").exists)
        run.send_signal(signals[0])
        if len(signals) == 2:
            wait_for(lambda: FINISHING in (tmp_path / "output").read_text())
            run.send_signal(signals[1])
        run.wait(WAIT_SECONDS)
    told = (tmp_path / "output").read_text()
    assert run.returncode == 130, told
    assert (FINISHING in told) is (signals[0] is signal.SIGINT)
    assert "To finish it: python -m bench run --resume" in told
    interrupted = only_run(results)
    assert interrupted["bench"]["status"] == "interrupted"
    assert len(interrupted["benchmarks"]) >= 1
    result = done(resuming(results))
    assert result.returncode == 0, result.stderr
    statuses = sorted(read_run(path)["bench"]["status"] for path in results.glob("*.json"))
    assert statuses == ["complete", "interrupted"]


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_a_sentence_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    kernels = misbehaving.folder_of(tmp_path / "kernels")
    (tmp_path / "results").write_text("a file")
    result = done(command(kernels, tmp_path / "results"))
    assert result.returncode == 1
    assert "the run can't be written to" in result.stderr
    assert "Traceback" not in result.stderr
    assert (tmp_path / "results").read_text() == "a file"


@pytest.fixture(scope="module")
def a_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    assert done(command(misbehaving.folder_of(folder / "kernels"), folder)).returncode == 0
    (path,) = folder.glob("*.json")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.9])
def test_a_full_disk_is_a_sentence_and_older_files_stay_whole(
    tmp_path: Path, a_run: Path, share: float
) -> None:
    kernels, results = misbehaving.folder_of(tmp_path / "kernels"), tmp_path / "results"
    results.mkdir()
    older = Path(shutil.copy(a_run, results))
    text = older.read_bytes()
    room = int(share * len(text))

    def limit() -> None:  # on the size of files: it stands for the end of a disk
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    result = done(command(kernels, results, sizes="20,30"), preexec_fn=limit)
    assert result.returncode == 1, result.stdout
    assert "the run can't be written to" in result.stderr
    assert "Traceback" not in result.stderr
    assert older.read_bytes() == text
    assert [*results.glob("*.json")] == [older]
    assert not [*results.glob(".*")]
    # With room again it goes on from what was measured before.
    for path in unfinished(results):
        if path.stat().st_size:
            assert done(resuming(results)).returncode == 0
            assert len([*results.glob("*.json")]) == 2


@pytest.mark.slow
def test_what_cannot_be_resumed_is_a_sentence(tmp_path: Path) -> None:
    result = done(resuming(tmp_path))
    assert (result.returncode, result.stdout) == (1, "")
    assert "there is no unfinished run in" in result.stderr
    kernels, results = misbehaving.folder_of(tmp_path / "kernels"), tmp_path / "results"
    run = subprocess.Popen(
        command(kernels, results),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: unfinished(results) and unfinished(results)[0].stat().st_size)
    run.kill()
    run.wait()
    (path,) = unfinished(results)
    header = json.loads(path.read_text().splitlines()[0])
    header["asked"]["fingerprint"]["kernel"] = "Linux 0.1"
    path.write_text(json.dumps(header) + "\n")
    result = done(resuming(results))
    assert result.returncode == 1
    assert "another fingerprint (different: kernel)" in result.stderr
    assert path.exists()


@pytest.mark.slow
def test_where_nothing_can_run_the_reasons_are_kept_and_it_has_failed(tmp_path: Path) -> None:
    kernels, results = misbehaving.folder_of(tmp_path / "kernels"), tmp_path / "results"
    result = done(command(kernels, results, "--devices", "gpu(97)"))
    assert result.returncode == 1
    assert "Nothing was measured" in result.stdout
    run = only_run(results)
    assert run["benchmarks"] == []
    assert "gpu(97)" in run["bench"]["skipped"][0]["reason"]
    assert unfinished(results) == []
