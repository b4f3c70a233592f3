import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bench.machine import counters
from bench.machine.counters import HostReader, ThreadWaits
from bench.machine.rule import RULE

STAT = """\
cpu  1000 20 300 9000 50 6 7 80 400 10
cpu0 600 20 100 4000 25 6 0 30 400 10
cpu1 300 0 150 3000 25 0 7 40 0 0
cpu10 100 0 50 2000 0 0 0 10 0 0
intr 4711 0 0
ctxt 123
"""
PRESSURE = """\
some avg10=1.50 avg60=0.30 avg300=0.25 total={some}
full avg10=0.00 avg60=0.00 avg300=0.00 total=999999999
"""
ME = threading.get_native_id()
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's /proc")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What a kernel that tells everything has below ``/``."""
    for name, text in {
        "stat": STAT,
        "loadavg": "0.25 0.50 0.75 1/83 15911\n",
        "pressure/cpu": PRESSURE.format(some=1_500_000),
        "pressure/memory": PRESSURE.format(some=250_000),
        "pressure/io": PRESSURE.format(some=0),
        f"self/task/{ME}/schedstat": "2000000000 30000000 12\n",
        "self/task/1/schedstat": "500000000 1000000 3\n",
    }.items():
        path = tmp_path / "proc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_all_counters_are_read_in_seconds(root: Path) -> None:
    read = HostReader(root).read()
    # User, nice, system, irq and softirq; a guest's time is in user's already.
    assert read.busy_seconds == pytest.approx(13.33)
    assert read.steal_seconds == pytest.approx(0.80)
    assert read.pressure_cpu_seconds == pytest.approx(1.5)
    assert read.pressure_memory_seconds == pytest.approx(0.25)
    assert read.pressure_io_seconds == 0.0
    assert read.load == 0.25
    assert read.run_delay_seconds == pytest.approx(0.03)
    assert set(read.threads) == {ME, 1}
    assert read.threads[ME] == pytest.approx((2.0, 0.03))
    assert read.threads[1] == pytest.approx((0.5, 0.001))


def test_of_a_process_that_is_bound_only_its_cpus_count(root: Path) -> None:
    read = HostReader(root, cpus=(1, 10)).read()
    assert read.busy_seconds == pytest.approx(4.57 + 1.50)
    assert read.steal_seconds == pytest.approx(0.50)
    assert read.n_cpus == 2


def test_a_cpu_that_has_no_line_leaves_the_sum_unknown(root: Path) -> None:
    read = HostReader(root, cpus=(1, 2)).read()
    assert (read.busy_seconds, read.steal_seconds) == (None, None)


def test_the_files_are_read_anew(root: Path) -> None:
    reader = HostReader(root)
    before = reader.read()
    (root / "proc/loadavg").write_text("9.00 0.50 0.75 1/83 15911\n")
    (root / "proc/stat").write_text(STAT.replace("cpu  1000", "cpu  1500"))
    after = reader.read()
    assert (before.load, after.load) == (0.25, 9.0)
    assert (after.busy_seconds or 0) - (before.busy_seconds or 0) == pytest.approx(5.0)


def test_periods_without_cpu_time_are_counted_for_every_group_with_a_quota(root: Path) -> None:
    assert HostReader(root).read().throttled_periods == 0
    stat = "usage_usec 900\nnr_periods 40\nnr_throttled {}\nthrottled_usec 700\n"
    (root / "proc/self/cgroup").write_text("0::/a/b\n")
    for name, quota, n_throttled in (("a/b", "50000", 3), ("a", "max", 100), ("", "90000", 4)):
        group = root / "sys/fs/cgroup" / name
        group.mkdir(parents=True, exist_ok=True)
        (group / "cpu.max").write_text(f"{quota} 100000\n")
        (group / "cpu.stat").write_text(stat.format(n_throttled))
    reader = HostReader(root)
    assert reader.read().throttled_periods == 7
    (root / "sys/fs/cgroup/a/b/cpu.stat").write_text(stat.format(5))
    assert reader.read().throttled_periods == 9


def test_a_machine_that_tells_nothing_gives_unknowns(tmp_path: Path) -> None:
    read = HostReader(tmp_path).read()
    assert read.threads == {}
    unknown = ("steal", "busy", "run_delay", "pressure_cpu", "pressure_memory", "pressure_io")
    assert {getattr(read, f"{name}_seconds") for name in unknown} == {None}
    assert read.load is None
    assert read.own_cpu_seconds is not None


def test_a_file_that_refuses_to_be_read_is_unknown_and_not_asked_again(root: Path) -> None:
    # A folder can be opened and not read, as a file of pressure where that is switched off.
    (root / "proc/pressure/io").unlink()
    (root / "proc/pressure/io").mkdir()
    reader = HostReader(root)
    assert [reader.read().pressure_io_seconds for _ in range(2)] == [None, None]
    assert reader.read().pressure_cpu_seconds == pytest.approx(1.5)


def test_a_kernel_that_keeps_no_waiting_writes_zeros_and_it_is_unknown(root: Path) -> None:
    for thread in (ME, 1):
        (root / f"proc/self/task/{thread}/schedstat").write_text("0 0 0\n")
    read = HostReader(root).read()
    assert (read.run_delay_seconds, read.threads) == (None, {})


def test_of_too_many_threads_only_the_one_that_reads_is_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "RULE", replace(RULE, max_threads=1))
    assert set(ThreadWaits(root).read()) == {ME}


@linux
def test_a_thread_is_read_while_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "RULE", replace(RULE, max_threads=10_000))
    waits = ThreadWaits()
    before = waits.read()
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    during = waits.read()
    end.set()
    thread.join()
    # Joined is not yet gone from the kernel: the folder is looked at until it is.
    while f"{thread.native_id}" in {path.name for path in Path("/proc/self/task").iterdir()}:
        pass
    after = waits.read()
    if not before:
        pytest.skip("this kernel does not keep how long a thread waits")
    assert thread.native_id not in before
    assert {ME, thread.native_id} <= set(during)
    assert thread.native_id not in after


@linux
def test_the_real_machine_is_read_and_its_counters_do_not_shrink() -> None:
    reader = HostReader()
    before, after = reader.read(), reader.read()
    for name in ("monotonic", "own_cpu", "thread_cpu", "busy"):
        first, second = (getattr(read, f"{name}_seconds") for read in (before, after))
        assert 0 <= first <= second, name
    assert after.n_cpus
    assert after.load is not None


@linux
def test_no_file_stays_open_when_a_reader_is_gone() -> None:
    open_files = Path("/proc/self/fd")
    before = len(list(open_files.iterdir()))
    reader = HostReader()
    reader.read()
    assert len(list(open_files.iterdir())) > before
    del reader
    assert len(list(open_files.iterdir())) == before
