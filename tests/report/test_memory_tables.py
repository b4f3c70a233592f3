"""Memory as it is printed: what is not known is not printed as if it were."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from inline_snapshot import snapshot
from rich.console import Console

from bench.report import terminal
from bench.store import tidy

MIB = 2**20
SIZES = (1, 100, 1500)


def memory(host: float, **told: Any) -> dict[str, Any]:
    return {
        "host_case_bytes": host,
        "host_peak_is_exact": True,
        "host_noise_bytes": 256 * 1024,
        "workload_bytes": 20_000_000,
        "allocator_peak_bytes": None,
        "device_footprint_bytes": None,
        "device_footprint_of": None,
        **told,
    }


def case(kernel: str, batch_size: int, told: Any, device: str = "cpu(0)") -> dict[str, Any]:
    return {
        "name": f"bench_epoch[{kernel}-{batch_size}]",
        "stats": {"data": [1.0]},
        "extra_info": {
            "case": "epoch",
            "workload": "synthetic-1000000x4",
            "kernel": kernel,
            "device": device,
            "loader": "inmemory",
            "batch_size": batch_size,
            "memory": told,
        },
    }


def shown(*cases: dict[str, Any], width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, no_color=True, highlight=False)
    terminal.show_memory(console, tidy.frame({"benchmarks": list(cases)}))
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    return "\n".join(line.rstrip() for line in text.splitlines())


def test_a_cpu() -> None:
    cases = [case("torch", 100, {"reason": "[bold]ended[/bold]."})]
    cases += [case("torch", 100, {"reason": "no memory."}, "gpu(0)")]
    cases += [case("numpy", B, memory(20e6 + 400 * B)) for B in SIZES]
    cases += [case("nd.autograd", B, memory(40e6 + 16_000 * B)) for B in SIZES]
    cases += [case("limit", B, memory(9000 + B)) for B in SIZES[:2]]
    cases += [case("limit", 1500, {"reason": "[bold]ended[/bold]."})]
    assert shown(*cases) == snapshot("""\

Peak memory of a training: synthetic-1000000x4, cpu(0) (data of 19.1 MiB)
host memory at most, beside the data as they were loaded
kernel             B=1      B=100    B=1500  bytes/sample  intercept
────────────────────────────────────────────────────────────────────
nd.autograd   38.2 MiB   39.7 MiB  61.0 MiB      15.6 KiB   38.1 MiB
numpy         19.1 MiB   19.1 MiB  19.6 MiB         400 B   19.1 MiB
limit        < 256 KiB  < 256 KiB                       –          –

<: less than can be told.

Memory not measured: 3 cases
  2 cases: [bold]ended[/bold].
  1 case: no memory.\
""")


def test_a_gpu_and_what_its_numbers_are_of() -> None:
    def told(B: int, of: str) -> dict[str, Any]:
        return memory(
            90e6,
            allocator_peak_bytes=None if of == "device" else 40_000_000 + 64 * B,
            device_footprint_bytes=500 * MIB,
            device_footprint_of=of,
        )

    cases = [case("torch", B, told(B, "process"), "gpu(0)") for B in SIZES]
    cases += [case("numba", B, told(B, "device"), "gpu(0)") for B in SIZES]
    assert shown(*cases) == snapshot("""\

Peak memory of a training: synthetic-1000000x4, gpu(0) (data of 19.1 MiB)
host memory at most, beside the data as they were loaded
kernel              B=1     B=100    B=1500  bytes/sample  intercept
────────────────────────────────────────────────────────────────────
all 2 kernels  85.8 MiB  85.8 MiB  85.8 MiB       < 360 B   85.8 MiB

GPU memory that the library gave out at most
kernel       B=1     B=100    B=1500  bytes/sample  intercept
─────────────────────────────────────────────────────────────
torch   38.1 MiB  38.2 MiB  38.2 MiB        64.0 B   38.1 MiB

GPU memory taken, context and pools included
kernel       B=1     B=100    B=1500  bytes/sample  intercept
─────────────────────────────────────────────────────────────
torch    500 MiB   500 MiB   500 MiB        0.00 B    500 MiB
numba   500 MiB*  500 MiB*  500 MiB*        0.00 B    500 MiB

<: less than can be told.
*: the growth of the whole device, other processes included.\
""")


def test_an_upper_bound_says_so_and_is_on_no_line() -> None:
    cases = [case("a", B, memory(20e6, host_peak_is_exact=False)) for B in SIZES]
    assert shown(*cases) == snapshot("""\

Peak memory of a training: synthetic-1000000x4, cpu(0) (data of 19.1 MiB)
host memory at most, beside the data as they were loaded
kernel         B=1       B=100      B=1500  bytes/sample  intercept
───────────────────────────────────────────────────────────────────
a       ≤ 19.1 MiB  ≤ 19.1 MiB  ≤ 19.1 MiB             –          –

≤: an upper bound: the peak may be from before the training.\
""")


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_terminal_cuts_nothing_off(width: int) -> None:
    cases = [case("a.long.name", B, memory(20e6 + 4e5 * B)) for B in (1, 2, 5, 10, 20, 50)]
    text = shown(*cases, width=width)
    for B in (1, 2, 5, 10, 20, 50):
        assert f"B={B}" in text
        assert terminal.binary(20e6 + 4e5 * B) in text
    assert "391 KiB" in text
    assert "…" not in text


@pytest.mark.parametrize("cases", [[], [case("a", 1, None)], [case("a", 1, math.nan)]])
def test_without_a_memory_pass_nothing_is_printed(cases: list[dict[str, Any]]) -> None:
    assert shown(*cases) == ""


def test_a_run_from_before_the_memory_pass_prints_nothing() -> None:
    old = case("a", 1, None)
    del old["extra_info"]["memory"]
    assert shown(old) == ""


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [
        (0, "0.00 B"),
        (24, "24.0 B"),
        (7.8312, "7.83 B"),
        (0.0074, "0.01 B"),
        (-1e-9, "0.00 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (-2048, "-2.00 KiB"),
        (20_000_000, "19.1 MiB"),
        (9.996 * MIB, "10.0 MiB"),
        (1023.4 * MIB, "1023 MiB"),
        (3.5 * 2**30, "3.50 GiB"),
        (math.nan, "–"),
    ],
)
def test_bytes_have_three_digits(n_bytes: float, text: str) -> None:
    assert terminal.binary(n_bytes) == text
