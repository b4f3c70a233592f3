"""What a kernel is unless it says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.contract import AVAILABLE
from kernels.rule import PLAIN

if TYPE_CHECKING:
    from kernels.contract import Availability
    from kernels.cost import StepCost
    from kernels.rule import UpdateRule

DEVICE_KINDS = ("cpu", "gpu")


class TrainDefaults:
    """Plain SGD on shuffled samples, wherever the backend runs, from any loader."""

    rule: UpdateRule = PLAIN
    cost: StepCost | None = None
    saves = ""
    loaders: tuple[str, ...] | None = None
    device_kinds: tuple[str, ...] = DEVICE_KINDS
    shuffles = True
    brings_code = False

    def availability(self, device: str) -> Availability:  # noqa: ARG002 - others look at it
        """Say that it can run on every device of its backend."""
        return AVAILABLE


class UpdateDefaults:
    """Plain SGD on dense float32 tensors, wherever the backend runs."""

    rule: UpdateRule = PLAIN
    precision = "float32"
    density = 1.0
    device_kinds: tuple[str, ...] = DEVICE_KINDS
    brings_code = False

    def availability(self, device: str) -> Availability:  # noqa: ARG002 - others look at it
        """Say that it can run on every device of its backend."""
        return AVAILABLE
