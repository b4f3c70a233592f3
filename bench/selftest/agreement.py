"""``python -m bench check``: compares the suite's times with a plain loop's."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from bench.measure.protocol import Protocol
from bench.plan.matrix import Selection
from bench.plan.tasks import Pass, Setting
from bench.report import numbers
from bench.report.grid import of_numbers, print_whole
from bench.run.launcher import EndedError, Launcher, NoAnswerError, SubprocessLauncher
from bench.selftest.rule import RULE
from bench.stats.medians import relative_half_width
from bench.stats.processes import Spread, spread

#: One kernel of each backend.
KERNELS = (
    *("nd.closed_form", "numpy.closed_form", "numba.epoch", "torch.closed_form"),
    *("jax.step", "cupy.closed_form", "triton.fused_step"),
)


@dataclass(frozen=True)
class Agreement:
    """A case timed in two ways.

    Attributes
    ----------
    suite_seconds, plain_seconds : float
        The median of the medians of each turn.
    apart : float
        How far these are apart, as a share of the plain loop's.
    allowed : float
        The sum of the half-widths of the two intervals, each that of the turns or of the
        rounds within one, whichever is wider.
    """

    kernel: str
    batch_size: int
    suite_seconds: float
    plain_seconds: float
    apart: float
    allowed: float
    call_seconds: float
    sleep_seconds: float

    @property
    def agrees(self) -> bool:
        """Say whether the two are no further apart than their intervals explain."""
        return self.apart <= self.allowed


def agreement_of(kernel: str, batch_size: int, told: dict[str, Any]) -> Agreement:
    """Compare what a process told of a case.

    Parameters
    ----------
    told : dict
        What ``bench.measure.agreement.agreement`` returned.
    """
    suite, plain = spread(told["suite"]), spread(told["plain"])
    middle = statistics.median(plain.medians)
    return Agreement(
        kernel,
        batch_size,
        suite_seconds=statistics.median(suite.medians),
        plain_seconds=middle,
        apart=abs(statistics.median(suite.medians) / middle - 1.0),
        allowed=sum(
            _width(one, told[name]) for one, name in ((suite, "suite"), (plain, "plain"))
        ),
        call_seconds=told["call_seconds"],
        sleep_seconds=told["sleep_seconds"],
    )


def _width(turns: Spread, rounds: Sequence[Sequence[float]]) -> float:
    """Return the relative half-width of a way of timing: of its turns, or within one."""
    widths = (relative_half_width(turn) for turn in rounds)
    within = [width for width in widths if math.isfinite(width)]
    return max(statistics.median(within or [0.0]), turns.between_half_width or 0.0)


def check(
    selection: Selection,
    protocol: Protocol,
    device: str,
    kernels: Sequence[str] = KERNELS,
    *,
    tell: Callable[[str], object] = str,
    launcher: Launcher | None = None,
    limit_seconds: float = RULE.limit_seconds,
) -> Iterator[Agreement | str]:
    """Time one kernel of each backend by the suite and by a plain loop.

    Parameters
    ----------
    tell : callable
        Is told what is being timed.
    limit_seconds : float
        For each answer.

    Yields
    ------
    Agreement or str
        For each kernel and batch size; a sentence for what could not be tried.
    """
    for kernel in kernels:
        params = {
            "workload": "airfoil",
            "kernel": kernel,
            "device": device,
            "loader": "inmemory",
        }
        if device[:3] not in selection.kernel_of(params).device_kinds:
            continue
        answer = selection.availability(params)
        if not answer:
            yield f"{kernel}: {answer}"
            continue
        worker = (launcher or SubprocessLauncher()).launch(Setting())
        try:
            for size in RULE.batch_sizes:
                tell(
                    f"timing {kernel} with batches of {size}, by the suite and by a plain loop"
                )
                request = {
                    "module": "bench_epoch",
                    "params": {**params, "batch_size": size},
                    "protocol": asdict(protocol),
                    "kind": Pass.CHECK.value,
                }
                told = worker.ask(request, limit_seconds)
                if "error" in told:
                    yield f"{kernel}, batch size {size}: {told['error']}: {told['message']}"
                else:
                    yield agreement_of(kernel, size, told["facts"])
        except (EndedError, NoAnswerError) as error:
            yield f"{kernel}: {error}"
        finally:
            worker.close()


# The suite's times beside a plain loop's, as a table.


def render(found: Sequence[Any], console: Console) -> bool:
    """Print the comparison.

    Returns
    -------
    bool
        Whether everything that was tried is as it should be, and something was.
    """
    compared = [one for one in found if not isinstance(one, str)]
    table = of_numbers(
        *("kernel", "B", "suite", "plain loop", "apart", "allowed", "empty call"),
        "sleeps 1 ms",
    )
    good = []
    for one in compared:
        quick = one.call_seconds < RULE.max_empty_seconds
        off = abs(one.sleep_seconds / RULE.sleep_seconds - 1.0)
        slept = off <= RULE.sleep_tolerance
        good.append(one.agrees and quick and slept)
        table.add_row(
            Text(one.kernel),
            f"{one.batch_size}",
            numbers.seconds(one.suite_seconds),
            numbers.seconds(one.plain_seconds),
            numbers.percent(one.apart) + ("" if one.agrees else " !"),
            numbers.percent(one.allowed),
            numbers.seconds(one.call_seconds) + ("" if quick else " !"),
            numbers.seconds(one.sleep_seconds) + ("" if slept else " !"),
        )
    if compared:
        print_whole(console, table)
    for sentence in found:
        if isinstance(sentence, str):
            console.print(f"not tried: {sentence}", markup=False, highlight=False)
    console.print(
        f"{sum(good)} of {numbers.number(len(good), 'case')} as they should be: the two times "
        f"no further apart than their intervals allow, an empty call below 1 µs, a sleep of "
        f"1 ms within {numbers.percent(RULE.sleep_tolerance)}.",
        highlight=False,
    )
    return bool(good) and all(good)
