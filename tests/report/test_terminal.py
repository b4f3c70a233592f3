from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot

from bench.report import terminal
from tests.store import made_up_run
from tests.store.made_up_run import unmeasured

# ruff: noqa: E501 - a table of 130 columns is as wide as it is


SKIPPED = [
    unmeasured("one", "gpu(0)", "no device: no driver is installed. Install '.[cu112]'."),
    unmeasured("two", "gpu(0)", "no device: no driver is installed. Install '.[cu112]'."),
    unmeasured("one", "gpu(1)", "broken: [bold]x[/bold] and [/nothing]."),
]
FAILED = [
    unmeasured("mine[red]", "cpu(0)", "mine [bold]x[/bold] is wrong, so it is not timed.")
]


def rendered(document: dict[str, Any], width: int, *, colour: bool = False) -> str:
    text = terminal.render(document, width=width, colour=colour)
    return "\n".join(line.rstrip() for line in text.splitlines())


def everything() -> dict[str, Any]:
    return made_up_run.document(skipped=SKIPPED, failed=FAILED)


def test_a_run_that_holds_a_case_again_says_which_time_is_shown() -> None:
    document = everything()
    document["benchmarks"].append(document["benchmarks"][0])
    assert "1 case is in the run again: tables with a column a size" in rendered(document, 130)


def test_a_run_at_80_columns() -> None:
    assert rendered(everything(), 80) == snapshot("""\

Training on airfoil, cpu(0), batches from inmemory
seconds per epoch
kernel            B=10   B=1500
───────────────────────────────
nd.autograd     250 ms  4.00 ms
nd.closed_form  125 ms  2.00 ms

samples per second
kernel            B=10  B=1500
──────────────────────────────
nd.autograd     6.00 k   375 k
nd.closed_form  12.0 k   750 k

loss after 3 epochs
kernel            B=10   B=1500
───────────────────────────────
all 2 kernels  0.25750  0.27250

speed relative to nd.autograd
kernel           B=10  B=1500
─────────────────────────────
nd.autograd     1.00x   1.00x
nd.closed_form  2.00x   2.00x


Batches only, no training: airfoil, cpu(0)
seconds per epoch
loader               B=1     B=2      B=5     B=10     B=20     B=50
────────────────────────────────────────────────────────────────────
mxnet inmemory    250 ms  125 ms  50.0 ms  25.0 ms  12.5 ms  5.00 ms
mxnet dataloader                            500 ms

loader              B=100    B=200   B=500  B=1000  B=1500
──────────────────────────────────────────────────────────
mxnet inmemory    2.50 ms  1.25 ms  500 µs  250 µs  167 µs
mxnet dataloader

samples per second
loader               B=1     B=2     B=5    B=10   B=20   B=50
──────────────────────────────────────────────────────────────
mxnet inmemory    6.00 k  12.0 k  30.0 k  60.0 k  120 k  300 k
mxnet dataloader                          3.00 k

loader            B=100   B=200   B=500  B=1000  B=1500
───────────────────────────────────────────────────────
mxnet inmemory    600 k  1.20 M  3.00 M  6.00 M  9.00 M
mxnet dataloader


Parameter update alone: cpu(0), one tensor
seconds per update, by number of parameters
kernel                   5      10k     10M
───────────────────────────────────────────
update.sgd_update  4.77 µs  9.54 ms  9.54 s

useful bytes per second (the fewest that the update can move: 12 a float32
parameter)
kernel                  5     10k     10M
─────────────────────────────────────────
update.sgd_update  12.6 M  12.6 M  12.6 M


The published protocol (loss every 100 samples inside the clock)
nd.autograd, cpu(0): lr 0.05, batch size 10, 2 epochs
  here:      loss: 0.260000, 0.250000 sec per epoch
             mean loss of 3 seeds: 0.26000, standard deviation 0.01000
  published: loss: 0.259893, 0.239172 sec per epoch
gluon.trainer, cpu(0): lr 0.05, batch size 10, 2 epochs
  here:      loss: 0.260000, 0.250000 sec per epoch
             mean loss of 3 seeds: 0.26000, standard deviation 0.01000
  published: no figure is known

Failed: 1 case, not in the run
  bench_epoch[mine[red]-cpu(0)]: mine [bold]x[/bold] is wrong, so it is not
timed.

Skipped: 3 cases
  2 cases on gpu(0): no device: no driver is installed. Install '.[cu112]'.
  1 case on gpu(1): broken: [bold]x[/bold] and [/nothing].\
""")


def test_a_run_at_130_columns() -> None:
    assert rendered(everything(), 130) == snapshot("""\

Training on airfoil, cpu(0), batches from inmemory
seconds per epoch
kernel            B=10   B=1500
───────────────────────────────
nd.autograd     250 ms  4.00 ms
nd.closed_form  125 ms  2.00 ms

samples per second
kernel            B=10  B=1500
──────────────────────────────
nd.autograd     6.00 k   375 k
nd.closed_form  12.0 k   750 k

loss after 3 epochs
kernel            B=10   B=1500
───────────────────────────────
all 2 kernels  0.25750  0.27250

speed relative to nd.autograd
kernel           B=10  B=1500
─────────────────────────────
nd.autograd     1.00x   1.00x
nd.closed_form  2.00x   2.00x


Batches only, no training: airfoil, cpu(0)
seconds per epoch
loader               B=1     B=2      B=5     B=10     B=20     B=50    B=100    B=200   B=500  B=1000  B=1500
──────────────────────────────────────────────────────────────────────────────────────────────────────────────
mxnet inmemory    250 ms  125 ms  50.0 ms  25.0 ms  12.5 ms  5.00 ms  2.50 ms  1.25 ms  500 µs  250 µs  167 µs
mxnet dataloader                            500 ms

samples per second
loader               B=1     B=2     B=5    B=10   B=20   B=50  B=100   B=200   B=500  B=1000  B=1500
─────────────────────────────────────────────────────────────────────────────────────────────────────
mxnet inmemory    6.00 k  12.0 k  30.0 k  60.0 k  120 k  300 k  600 k  1.20 M  3.00 M  6.00 M  9.00 M
mxnet dataloader                          3.00 k


Parameter update alone: cpu(0), one tensor
seconds per update, by number of parameters
kernel                   5      10k     10M
───────────────────────────────────────────
update.sgd_update  4.77 µs  9.54 ms  9.54 s

useful bytes per second (the fewest that the update can move: 12 a float32 parameter)
kernel                  5     10k     10M
─────────────────────────────────────────
update.sgd_update  12.6 M  12.6 M  12.6 M


The published protocol (loss every 100 samples inside the clock)
nd.autograd, cpu(0): lr 0.05, batch size 10, 2 epochs
  here:      loss: 0.260000, 0.250000 sec per epoch
             mean loss of 3 seeds: 0.26000, standard deviation 0.01000
  published: loss: 0.259893, 0.239172 sec per epoch
gluon.trainer, cpu(0): lr 0.05, batch size 10, 2 epochs
  here:      loss: 0.260000, 0.250000 sec per epoch
             mean loss of 3 seeds: 0.26000, standard deviation 0.01000
  published: no figure is known

Failed: 1 case, not in the run
  bench_epoch[mine[red]-cpu(0)]: mine [bold]x[/bold] is wrong, so it is not timed.

Skipped: 3 cases
  2 cases on gpu(0): no device: no driver is installed. Install '.[cu112]'.
  1 case on gpu(1): broken: [bold]x[/bold] and [/nothing].\
""")


@pytest.mark.parametrize("width", [60, 80, 130])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = rendered(everything(), width)
    assert max(map(len, text.splitlines())) <= width
    assert {f"B={size}" for size in made_up_run.BATCH_SIZES} <= {*text.split()}


def test_brackets_in_names_and_reasons_are_no_markup() -> None:
    for colour in (False, True):
        text = " ".join(rendered(everything(), 200, colour=colour).split())
        assert "[bold]x[/bold] and [/nothing]." in text
        assert "'.[cu112]'." in text
        assert "bench_epoch[mine[red]-cpu(0)]: mine [bold]x[/bold] is wrong" in text


def test_colour_is_only_added() -> None:
    assert "\x1b" not in terminal.render(everything(), width=80, colour=False)
    assert "\x1b[1m" in terminal.render(everything(), width=80, colour=True)


def test_skipped_cases_are_counted_by_reason() -> None:
    text = rendered(made_up_run.document([], skipped=SKIPPED * 10), 200)
    assert "Skipped: 30 cases" in text
    assert "  20 cases on gpu(0): no device: no driver is installed." in text


def test_an_interrupted_run_says_so() -> None:
    text = rendered(made_up_run.document([], status="interrupted"), 80)
    assert text.strip() == "Interrupted: the run holds the cases that were finished."


def test_a_run_without_anything_prints_nothing() -> None:
    assert rendered(made_up_run.document([]), 80).strip() == ""
    assert rendered({"benchmarks": []}, 80).strip() == ""


def test_a_case_that_was_not_measured_leaves_its_cell_empty() -> None:
    cells = [("nd.autograd", 10), ("nd.autograd", 1500), ("nd.closed_form", 1500)]
    document = made_up_run.document([made_up_run.epoch(*cell) for cell in cells])
    (row, *_) = [line for line in rendered(document, 80).splitlines() if "closed_form" in line]
    assert row.split() == ["nd.closed_form", "2.00", "ms"]
    assert row.endswith("2.00 ms")


def test_the_baseline_comes_first() -> None:
    lines = rendered(everything(), 80).splitlines()
    kernels = [line.split()[0] for line in lines if line.startswith("nd.") and "," not in line]
    # Three times: the losses are equal, and said once.
    assert kernels == ["nd.autograd", "nd.closed_form"] * 3


def test_other_runs_of_pytest_benchmark_render_too() -> None:
    foreign = {"name": "test_other", "stats": {"data": [1.0]}, "extra_info": {}}
    assert rendered({"benchmarks": [foreign]}, 80).strip() == ""
