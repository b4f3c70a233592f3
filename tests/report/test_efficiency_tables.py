"""What is printed of efficiency, on made-up runs, and what the figure holds."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from inline_snapshot import snapshot
from rich.console import Console

from bench.advise.bounds import assess
from bench.advise.devices import Crossing, by_threads, efficiencies
from bench.report import efficiency
from bench.report.efficiency import (
    faster_from,
    parallel,
    parallel_document,
    percent,
    roofline_document,
)
from tests.advise.made_up_machine import EMPTY, GPU, controls, epoch, on_threads, run, update

if TYPE_CHECKING:
    from collections.abc import Callable


def printed(write: Callable[[Console], None], width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, no_color=True, highlight=False)
    write(console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    return "\n".join(line.rstrip() for line in text.splitlines())


def a_run() -> dict[str, Any]:
    """Two kernels whose steps are dispatched, one near a roof, and a disturbed case."""
    return run(
        [
            *controls(),
            *(epoch("slow", size, 1000 / size * 30 * EMPTY["mxnet"]) for size in (10, 1000)),
            epoch("nd.autograd", 10, 1e-6),
            epoch("nd.autograd", 1000, 1e-6, untrusted=True, target_half_width=0.01),
            epoch("slow", 1000, 1.0, loader="dataloader"),
            update("u", 5, 1e-5),
            update("u", 40_000_000, 48e-3, n_tensors=100),
        ]
    )


def test_a_roofline_has_a_table_a_question_with_shares_and_words() -> None:
    found = assess(a_run())
    text = printed(lambda console: efficiency.rooflines(console, found.cases, found.roofs))
    assert text == snapshot("""\

Nearest to what cpu(0) can do:
bench_epoch[made-up-nd.autograd-cpu(0)-inmemory-B10], at 50%. 3 of 7 cases are
bound by the host (Python, and the library's dispatch).

Roofline: cpu(0)
Ceilings: 400 Gflop/s (matmul); L1 200 GB/s, L2 200 GB/s, L3 100 GB/s, memory
20.0 GB/s
How much of the attainable rate is reached, and what bounds the case (--why
gives the numbers; ? stands behind a case that was disturbed).

Epochs: made-up, batches from inmemory
kernel              B=10      B=1000
────────────────────────────────────
nd.autograd    50% cache  50% cache?
slow         <0.01% host  0.17% host

Epochs: made-up, batches from dataloader
kernel          B=1000
──────────────────────
slow    <0.01% unclear

Updates alone: 1 tensor
kernel            5
───────────────────
u       <0.01% host

Updates alone: 100 tensors
kernel         40M
──────────────────
u       50% memory
""")


def test_the_numbers_behind_the_words_are_printed_when_asked_for() -> None:
    found = assess(a_run()).only(["slow"], ["epoch"])
    text = printed(
        lambda console: efficiency.rooflines(console, found.cases, found.roofs, why=True),
        200,
    )
    assert (
        "  bench_epoch[made-up-slow-cpu(0)-inmemory-B10]: host: 100% of a step is a fixed "
        "price, it takes 30 times an empty operator\n" in text
    )
    assert "nd.autograd" not in text
    assert "Updates" not in text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.617, "162%"),
        (0.5, "50%"),
        (0.0996, "10%"),
        (0.0994, "9.9%"),
        (0.00996, "1.0%"),
        (0.0042, "0.42%"),
        (0.0001, "0.01%"),
        (0.00009, "<0.01%"),
    ],
)
def test_a_share_has_two_digits(share: float, text: str) -> None:
    assert percent(share) == text


def test_of_a_gpu_the_share_of_what_it_could_do_in_theory_is_told() -> None:
    made = [*controls("gpu(0)", times=100), epoch("k", 10, 1e-3, device="gpu(0)")]
    found = assess(run(made, gpus=[GPU]))
    assert efficiency.ceiling_line(found.roofs["gpu(0)"]) == (
        "Ceilings: 40.0 Tflop/s (matmul), 60% of the theoretical 66.9 Tflop/s; "
        "L2 20.0 TB/s, memory 2.00 TB/s, 60% of the theoretical 3.35 TB/s"
    )
    ceilings = roofline_document("r.json", found)["ceilings"]["gpu(0)"]
    assert ceilings["theoretical"] == found.roofs["gpu(0)"].theoretical
    assert ceilings["theoretical_shares"] == found.roofs["gpu(0)"].theoretical_shares()


def test_more_than_the_theoretical_peak_is_shown_as_what_can_not_be() -> None:
    made = [*controls("gpu(0)", times=200), epoch("k", 10, 1e-3, device="gpu(0)")]
    found = assess(run(made, gpus=[GPU]))
    assert efficiency.ceiling_line(found.roofs["gpu(0)"]) == (
        "Ceilings: 80.0 Tflop/s (matmul), 120% of the theoretical 66.9 Tflop/s, which can't "
        "be: the driver tells a wrong clock or width; L2 40.0 TB/s, memory 4.00 TB/s, 119% of "
        "the theoretical 3.35 TB/s, which can't be: the driver tells a wrong clock or width"
    )


def test_devices_are_compared_by_size_and_the_crossing_is_named() -> None:
    compared = [
        Crossing("epoch", "airfoil, inmemory", "k", "gpu(0)", {1: 0.1, 100: 2.0}),
        Crossing("epoch", "airfoil, inmemory", "l", "gpu(0)", {100: 0.5}),
        Crossing("update", "1 tensor", "u", "gpu(0)", {1000: 1.5}),
    ]
    text = printed(lambda console: efficiency.devices(console, compared))
    assert text == snapshot("""\

gpu(0) against cpu(0): epochs, airfoil, inmemory
times as fast as the CPU
kernel    B=1  B=100  faster from
─────────────────────────────────
k       0.10x  2.00x        B=100
l              0.50x      no size


gpu(0) against cpu(0): updates alone, 1 tensor
times as fast as the CPU
kernel     1k  faster from
──────────────────────────
u       1.50x   every size
""")
    assert [faster_from(one) for one in compared] == ["B=100", "no size", "every size"]


def with_processes(made: dict[str, Any], confidence: float) -> dict[str, Any]:
    (seconds, *_) = made["stats"]["data"]
    facts = {
        "between_interval": [0.9 * seconds, 1.1 * seconds],
        "between_confidence": confidence,
    }
    return {**made, "extra_info": {**made["extra_info"], **facts}}


def on_threads_with(
    confidence: float | None, seconds: tuple[float, float] = (2.0, 1.25)
) -> dict[int, Any]:
    made = {}
    for threads, time in zip((1, 2), seconds, strict=True):
        case = epoch("k", 10, time)
        cases = [case if confidence is None else with_processes(case, confidence)]
        made[str(threads)] = on_threads(threads, cases)
    return dict(by_threads(made))


def test_speedup_efficiency_and_serial_fraction_are_printed_with_the_interval() -> None:
    table = efficiencies(on_threads_with(0.9375))
    assert printed(lambda console: parallel(console, table), 100) == snapshot("""\

2 threads against one: cpu(0)
Speedup against one thread; efficiency, that over the threads; e, the serial fraction of Karp &
Flatt.
Intervals are between processes, and hold with at least 88%.

Epochs: made-up, batches from inmemory: speedup
kernel                  B=10
────────────────────────────
k       1.60x (1.31 to 1.96)

Epochs: made-up, batches from inmemory: efficiency, e
kernel        B=10
──────────────────
k       80% e=0.25
""")


@pytest.mark.parametrize(
    ("confidence", "sentence"),
    [
        (0.9375, "Intervals are between processes, and hold with at least 88%."),
        (0.5, "Intervals reach from the lowest to the highest process; so few processes"),
        (None, "There are too few rounds for an interval."),
    ],
)
def test_it_is_said_how_far_intervals_hold(confidence: float | None, sentence: str) -> None:
    table = efficiencies(on_threads_with(confidence))
    assert sentence in printed(lambda console: parallel(console, table), 200)


def test_intervals_of_rounds_are_called_so() -> None:
    runs = on_threads_with(None)
    for one in runs.values():
        one["benchmarks"][0]["stats"]["data"] *= 2
    text = printed(lambda console: parallel(console, efficiencies(runs)), 200)
    assert "Intervals are of one process's rounds" in text


def test_json_holds_the_numbers_and_no_nan() -> None:
    document = roofline_document("a.json", assess(a_run()))
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text) == document
    assert document["ceilings"]["cpu(0)"]["flops_per_second"] == 4e11
    assert document["ceilings"]["cpu(0)"]["levels"]["memory"] == 2e10
    by_name = {one["name"]: one for one in document["cases"]}
    one = by_name["bench_epoch[made-up-slow-cpu(0)-inmemory-B10]"]
    assert (one["bound"], one["roof"], one["level"]) == ("host", "L1", "L1")
    assert one["step_operators"] == pytest.approx(30)
    assert one["device_share"] is None
    assert one["n_parameters"] is None

    table = efficiencies(on_threads_with(None))
    (case,) = parallel_document(table)["cases"]
    assert (case["speedup"], case["efficiency"], case["threads"]) == (1.6, 0.8, 2)
    assert case["speedup_low"] is None
    json.dumps(case, allow_nan=False)
