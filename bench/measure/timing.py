"""Times the rounds of a case with this machine's instruments, and notes what disturbed them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from bench.machine.telemetry import Change, SystemTelemetry, change
from bench.measure.rounds import Action, Clock, Instruments, Round, time_calls
from bench.measure.rule import RULE
from kernels.backends import cuda_driver

if TYPE_CHECKING:
    from bench.measure.calibration import Stop, StoppingRule


# A yardstick beside each round: fixed work that shows how fast the processor is at that
# moment. A shared processor is some percent slower for seconds at a time.


class Yardstick:
    """The work; what it needs is made when it is first timed.

    Parameters
    ----------
    clock : callable
        Seconds since any fixed moment.
    """

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self._clock, rows = clock, RULE.yardstick_rows
        self._square = np.full((rows, rows), 1 / rows, dtype=np.float32)
        self._product = np.empty_like(self._square)
        self._few = np.zeros(4, dtype=np.float32)

    def seconds(self) -> float:
        """Do the work, and return what it took.

        Returns
        -------
        float
            Seconds.
        """
        for _ in range(RULE.yardstick_untimed):
            self._work()
        begin = self._clock()
        for _ in range(RULE.yardstick_times):
            self._work()
        return self._clock() - begin

    def _work(self) -> None:
        square, product, few = self._square, self._product, self._few
        for _ in range(RULE.yardstick_products):
            np.matmul(square, square, out=product)
        for _ in range(RULE.yardstick_additions):
            np.add(few, few, out=few)


@cache
def instruments_for(device: str) -> Instruments:
    """Return the instruments of this machine for a device, made when first asked for.

    They are the same for every case: files and libraries that stay open.

    Parameters
    ----------
    device : str
        ``cpu(0)``; for ``gpu(1)`` that GPU is read as well.
    """
    yardstick = Yardstick() if device.startswith("cpu") else None
    return Instruments(telemetry=SystemTelemetry(_uuids(device)), yardstick=yardstick)


def _uuids(device: str) -> tuple[str, ...]:
    """Return the UUID of a GPU; none for a CPU, or where the driver does not answer."""
    if not device.startswith("gpu"):
        return ()
    try:
        found = cuda_driver.devices()
    except cuda_driver.DriverError:
        return ()
    return tuple(gpu.uuid for gpu in found if f"gpu({gpu.index})" == device)


@dataclass
class RoundTimer:
    """Times the rounds of one case.

    Attributes
    ----------
    changes : list of Change
        What the machine did in each round.
    """

    drain: Action
    instruments: Instruments
    rounds: list[Round] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def time(
        self, calls: Iterable[Action], iterations: int = 1, lead_in: Iterable[Action] = ()
    ) -> Round:
        """Time a round, the telemetry read just outside the clock.

        Parameters
        ----------
        lead_in : iterable of callable
            As for ``time_calls``.
        """
        return self.observe(
            partial(time_calls, calls, self.drain, self.instruments, iterations, lead_in)
        )

    def observe(self, timed: Callable[[], Round]) -> Round:
        """Note a round that something else times, and what the machine did meanwhile.

        Parameters
        ----------
        timed : callable
            Times the round; what it does before and after is watched too.
        """
        read = self.instruments.telemetry.read
        self.drain()
        if self.instruments.wait_turn is not None:
            self.instruments.wait_turn()
        just_before = self._yardstick_seconds()
        before = read()
        one = timed()
        after = read()
        seen = change(before, after)
        if just_before is not None:
            beside = (just_before, self._yardstick_seconds() or just_before)
            seen = replace(seen, yardstick_seconds=sum(beside) / 2)
        self.rounds.append(one)
        self.changes.append(seen)
        return one

    def _yardstick_seconds(self) -> float | None:
        """Time the yardstick; not where another process measures the same in turn."""
        if self.instruments.yardstick is None or self.instruments.wait_turn is not None:
            return None
        return self.instruments.yardstick.seconds()

    def repeat(self, rule: StoppingRule, one_round: Action) -> Stop:
        """Time rounds until the rule says that there are enough.

        Parameters
        ----------
        one_round : callable
            Prepares, untimed, and calls `time` once or more.

        Returns
        -------
        Stop
            Why it ended.
        """
        while (reason := rule.reason(self.rounds)) is None:
            one_round()
        return reason
