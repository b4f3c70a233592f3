"""What the number of steps to a target depends on, beside the workload and the batch size."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.rule import PLAIN, UpdateRule
from kernels.sampling import SAMPLINGS, Sampling


@dataclass(frozen=True)
class Setting:
    """How the trainings are run.

    Attributes
    ----------
    tolerance : float
        The target loss is ``(1 + tolerance)`` times the optimum's.
    schedule : str
        Of the learning rate, as ``kernels.schedules.parse`` reads it.
    sampling : {'without-replacement', 'with-replacement', 'sequential'}
    rule : UpdateRule
    seed : int
        The first; the others follow it.
    most_epochs : int
        A training that has not reached the target after so many is a miss.
    """

    tolerance: float = 0.01
    schedule: str = "constant"
    sampling: Sampling = SAMPLINGS[0]
    rule: UpdateRule = PLAIN
    seed: int = 0
    most_epochs: int = 200
