from __future__ import annotations

import io

from inline_snapshot import snapshot
from rich.console import Console

from bench.report.run_tables import targets
from bench.store import tidy
from tests.store.made_up_run import benchmark


def case(size: int, seconds: float, steps: int) -> dict[str, object]:
    facts = {
        "case": "target",
        "workload": "airfoil",
        "kernel": "nd.autograd",
        "device": "cpu(0)",
        "loader": "inmemory",
        "batch_size": size,
        "tolerance": 0.01,
        "steps_to_target": steps,
        "learning_rate": 0.04 * size,
    }
    return benchmark(f"bench_target[B{size}]", [seconds] * 12, facts)


def printed(benchmarks: list[dict[str, object]]) -> str:
    console = Console(file=io.StringIO(), width=80)
    targets(console, tidy.of_case(tidy.frame({"benchmarks": benchmarks}), "target"))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined] # a StringIO
    return "\n".join(line.rstrip() for line in lines)


def test_the_time_the_steps_and_the_rate_by_batch_size() -> None:
    assert printed([case(1, 0.5, 1900), case(10, 0.0625, 190)]) == snapshot("""\

Training on airfoil, cpu(0), until the loss is 1% above the optimum
seconds to the target
kernel          B=1     B=10
────────────────────────────
nd.autograd  500 ms  62.5 ms

steps to the target
kernel        B=1  B=10
───────────────────────
nd.autograd  1900   190

tuned learning rate
kernel        B=1  B=10
───────────────────────
nd.autograd  0.04   0.4
""")


def test_a_run_without_such_cases_has_no_such_table() -> None:
    assert printed([]) == ""
