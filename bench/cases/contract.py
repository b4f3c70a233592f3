"""What a case is given, whether pytest or a measuring process calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.measure.measurement import Measurement
    from bench.measure.protocol import Protocol as TrainingProtocol
    from bench.measure.rounds import Instruments
    from kernels.registry import Registry

#: Takes what a case measured, once.
Record: TypeAlias = "Callable[[Measurement], None]"


class Asked(Protocol):
    """What a run was asked for, as far as a case needs it."""

    @property
    def registry(self) -> Registry:
        """The kernels that are there."""

    @property
    def protocol(self) -> TrainingProtocol:
        """How trainings are run."""

    def instruments(self, device: str) -> Instruments:
        """Return what times the rounds of a case on a device."""
