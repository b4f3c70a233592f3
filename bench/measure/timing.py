"""Times rounds with the instruments of this process, and notes what disturbed them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from bench.measure.rounds import time_calls
from bench.measure.telemetry.change import change
from bench.measure.telemetry.reader import NoTelemetry, SystemTelemetry
from bench.measure.turns import TURNS
from bench.measure.yardstick import Yardstick
from kernels.backends import cuda_driver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.measure.rounds import Action, Clock, Round
    from bench.measure.stopping import Stop, StoppingRule
    from bench.measure.telemetry.change import Change
    from bench.measure.telemetry.reader import TelemetryReader


@dataclass(frozen=True)
class Instruments:
    """What a measurement reads; tests put others in their place.

    Attributes
    ----------
    clock : callable
        Seconds since any fixed moment.
    telemetry : TelemetryReader
        Read before and after every round, outside the clock.
    yardstick : Yardstick or None
        Timed before and after every round, outside of what telemetry watches; None for work
        that the processor does not do.
    """

    clock: Clock = time.perf_counter
    telemetry: TelemetryReader = field(default_factory=NoTelemetry)
    yardstick: Yardstick | None = None


@cache
def instruments_for(device: str) -> Instruments:
    """Return the instruments of this machine for a device, made when first asked for.

    Parameters
    ----------
    device : str
        ``cpu(0)``; for ``gpu(1)`` that GPU is read as well.

    Returns
    -------
    Instruments
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
    drain : callable
    instruments : Instruments
    rounds : list of Round
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
        calls : iterable of callable
        iterations : int
        lead_in : iterable of callable
            As for ``time_calls``.

        Returns
        -------
        Round
        """
        clock = self.instruments.clock
        return self.observe(partial(time_calls, calls, self.drain, clock, iterations, lead_in))

    def observe(self, timed: Callable[[], Round]) -> Round:
        """Note a round that something else times, and what the machine did meanwhile.

        Parameters
        ----------
        timed : callable
            Times the round; what it does before and after is watched too.

        Returns
        -------
        Round
        """
        read = self.instruments.telemetry.read
        self.drain()
        TURNS.take()
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
        if self.instruments.yardstick is None or TURNS.wait is not None:
            return None
        return self.instruments.yardstick.seconds()

    def repeat(self, rule: StoppingRule, one_round: Action) -> Stop:
        """Time rounds until the rule says that there are enough.

        Parameters
        ----------
        rule : StoppingRule
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
