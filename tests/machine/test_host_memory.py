"""The counts of this process, and how far to trust them."""

from __future__ import annotations

import gc
import mmap
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING

import pytest

from bench.machine.memory_use import HostMemory, give_back

if TYPE_CHECKING:
    from pathlib import Path

MIB = 2**20
STATUS = """\
Name:\tpython
VmHWM:\t    3000 kB
VmRSS:\t    2000 kB
RssFile:\t     500 kB
Threads:\t3
Cpus_allowed_list:\t0-1,4
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Files of a machine with 64 CPUs, three of them for this process."""
    write(tmp_path, "proc/self/status", STATUS)
    write(tmp_path, "proc/self/clear_refs", "")
    write(tmp_path, "proc/sys/kernel/osrelease", "6.8.0-31-generic\n")
    write(tmp_path, "sys/devices/system/cpu/online", "0-63\n")
    write(tmp_path, "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n")
    write(tmp_path, "sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "33554432\n")
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def exact() -> HostMemory:
    """Give the counts of this process, its peak forgotten."""
    host = HostMemory()
    give_back()
    if not host.forget_peak():
        pytest.skip("this system does not let a process forget its peak")
    return host


def test_memory_that_is_gone_is_in_the_peak_alone() -> None:
    host = exact()
    before, room = host.read(), host.slack_bytes() + MIB
    with mmap.mmap(-1, 128 * MIB) as taken:
        for first in range(0, len(taken), mmap.PAGESIZE):
            taken[first] = 1
    after = host.read()
    assert abs(after.peak_bytes - before.now_bytes - 128 * MIB) <= room
    assert abs(after.now_bytes - before.now_bytes) <= room
    assert host.forget_peak()
    assert abs(host.read().peak_bytes - before.now_bytes) <= room


def test_memory_that_was_never_touched_is_in_no_count() -> None:
    host = exact()
    before = host.read()
    with mmap.mmap(-1, 128 * MIB):
        pass
    assert host.read().peak_bytes - before.now_bytes <= host.slack_bytes() + MIB


FREED = """
import ctypes, sys
import numpy as np
from bench.machine.memory_use import HostMemory, keep_little
if not hasattr(ctypes.CDLL(None), "mallopt"):
    sys.exit("no mallopt")
keep_little()
host, mib = HostMemory(), 2**20
large = np.ones(24 * mib, dtype=np.uint8)
del large  # once freed, the C library would keep pieces of this size
before = host.read().now_bytes
first, last = np.ones(16 * mib, dtype=np.uint8), np.ones(2**16, dtype=np.uint8)
del first
print((host.read().now_bytes - before) / mib)
"""


def test_what_is_freed_is_given_back_although_as_much_was_freed_before() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FREED], capture_output=True, text=True, check=False
    )
    if "no mallopt" in ran.stderr:
        pytest.skip("the C library has no mallopt")
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout) < 8


class Loop:
    def __init__(self) -> None:
        self.itself = self


def test_garbage_is_gone_when_memory_was_given_back() -> None:
    gc.disable()
    try:
        gone = weakref.ref(Loop())
        assert gone() is not None
        give_back()
        assert gone() is None
    finally:
        gc.enable()


def test_the_kernels_counts_are_read(root: Path) -> None:
    told = HostMemory(root).read()
    assert told.now_bytes == 2000 * 1024
    assert told.peak_bytes == 3000 * 1024
    assert told.file_bytes == 500 * 1024


def test_a_peak_is_forgotten_by_writing_five(root: Path) -> None:
    assert HostMemory(root).forget_peak()
    assert (root / "proc/self/clear_refs").read_text() == "5"


def test_a_peak_that_cannot_be_forgotten_is_told(root: Path) -> None:
    (root / "proc/self/clear_refs").unlink()
    (root / "proc/self/clear_refs").mkdir()
    assert not HostMemory(root).forget_peak()


def test_a_kernel_that_tells_no_peak_has_forgotten_none(root: Path) -> None:
    write(root, "proc/self/status", "Name:\tpython\n")
    host = HostMemory(root)
    assert not host.forget_peak()
    told = host.read()
    assert told.peak_bytes > MIB
    assert told.now_bytes > MIB
    assert told.file_bytes == 0


def test_every_cpu_that_is_allowed_may_hold_a_batch_of_pages_back(root: Path) -> None:
    assert HostMemory(root).slack_bytes() == 3 * 128 * mmap.PAGESIZE
    write(root, "sys/devices/system/cpu/online", "0-3\n")
    assert HostMemory(root).slack_bytes() == 3 * 32 * mmap.PAGESIZE


@pytest.mark.parametrize("release", ["5.15.0-100-generic", "6.1.0"])
def test_on_an_older_kernel_every_thread_may(root: Path, release: str) -> None:
    write(root, "proc/sys/kernel/osrelease", release)
    assert HostMemory(root).slack_bytes() == 3 * 64 * mmap.PAGESIZE


def test_where_any_memory_may_be_a_huge_page_that_is_the_least(root: Path) -> None:
    write(root, "sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n")
    assert HostMemory(root).slack_bytes() == 32 * MIB
