"""What one pytest session of the suite holds: what is asked for, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from bench.selection.matrix import availability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.measure.protocol import Protocol
    from bench.selection.matrix import Selection
    from kernels.contract import Availability
    from kernels.registry import Registry

#: Version of what this project adds to pytest-benchmark's JSON under the key ``bench``.
#: 1: preset, protocol, command, status, skipped, failed.
FORMAT = 1


@dataclass(frozen=True)
class Unmeasured:
    """A case without a measurement.

    Attributes
    ----------
    id : str
        Of its test.
    params : mapping
    reason : str
    """

    id: str
    params: Mapping[str, Any]
    reason: str


@dataclass
class Suite:
    """The state of a session.

    Attributes
    ----------
    preset : str
    selection : Selection
    protocol : Protocol
    required : tuple of str
        Kernels and devices whose absence is a failure.
    skipped, failed : list of Unmeasured
    """

    preset: str
    selection: Selection
    protocol: Protocol
    required: tuple[str, ...] = ()
    skipped: list[Unmeasured] = field(default_factory=list)
    failed: list[Unmeasured] = field(default_factory=list)

    @property
    def registry(self) -> Registry:
        """The kernels that are there."""
        return self.selection.registry

    def availability(self, params: Mapping[str, Any]) -> Availability:
        """Say whether a case can run here, and why not."""
        return availability(self.selection.backend_of(params), params["device"])

    def is_required(self, params: Mapping[str, Any]) -> bool:
        """Say whether skipping a case is a failure."""
        return bool({params.get("kernel"), params["device"]} & {*self.required})

    def document(self, command: list[str], *, interrupted: bool) -> dict[str, Any]:
        """Return what the run file says beside the benchmarks.

        Parameters
        ----------
        command : list of str
            The arguments that pytest was given.
        interrupted : bool

        Returns
        -------
        dict
        """
        return {
            "format": FORMAT,
            "preset": self.preset,
            "protocol": asdict(self.protocol),
            "command": command,
            "status": "interrupted" if interrupted else "complete",
            "skipped": [asdict(one) for one in self.skipped],
            "failed": [asdict(one) for one in self.failed],
        }
