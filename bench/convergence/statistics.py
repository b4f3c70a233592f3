"""What a workload needs at every batch size: computed once, then read from the cache."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from bench.analyze.findings import NoiseScale
from bench.convergence import cache
from bench.convergence.noise_scale import along
from bench.convergence.problem import Problem, problem_of
from bench.convergence.steps_to_target import StepsToTarget, moments_for, steps_to_target
from bench.convergence.verifying import verify
from data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bench.convergence.expected import Moments
    from bench.convergence.setting import Setting
    from data.workload import Workload


Kept = TypeVar("Kept", StepsToTarget, NoiseScale)


class Statistics:
    """The steps to the target of one workload in one setting.

    Parameters
    ----------
    workload : Workload
    setting : Setting
    folder : Path
        Of the cache.

    Raises
    ------
    DataError
        Where the optimum's loss is zero: no loss is a few percent above that.
    """

    def __init__(
        self, workload: Workload, setting: Setting, folder: Path = cache.FOLDER
    ) -> None:
        if workload.optimum.loss <= 0.0:
            raise DataError(
                f"{workload.name} has an optimum without loss, and no loss is a share above "
                "zero: take a workload with noise."
            )
        self.workload, self.setting, self._folder = workload, setting, folder

    @cached_property
    def problem(self) -> Problem:
        """The workload seen from its optimum, once it has been seen to follow the reference."""
        problem = problem_of(self.workload)
        verify(problem, self.workload, self.setting)
        return problem

    @cached_property
    def _moments(self) -> Moments | None:
        return moments_for(self.problem, self.setting)

    @property
    def target_loss(self) -> float:
        """The loss that is near enough."""
        return (1.0 + self.setting.tolerance) * self.workload.optimum.loss

    def at(self, batch_size: int) -> StepsToTarget:
        """Return what a batch size needs.

        Parameters
        ----------
        batch_size : int

        Returns
        -------
        StepsToTarget
        """
        name = cache.key(self.workload, self.setting, f"steps B{batch_size}")
        kept = _read(StepsToTarget, cache.get(self._folder, name))
        if kept is None:
            kept = steps_to_target(self.problem, batch_size, self.setting, self._moments)
            cache.put(self._folder, name, asdict(kept))
        return kept

    def noise_scale(self) -> NoiseScale:
        """Return the gradient noise scale along gradient descent on all samples.

        Returns
        -------
        NoiseScale
        """
        name = cache.key(self.workload, self.setting, "noise scale")
        kept = _read(NoiseScale, cache.get(self._folder, name))
        if kept is None:
            kept = along(self.problem, self.setting.tolerance * self.problem.loss)
            cache.put(self._folder, name, asdict(kept))
        return kept

    def known(self, batch_sizes: Iterable[int]) -> bool:
        """Say whether all of some batch sizes are in the cache."""
        return all(
            cache.get(
                self._folder, cache.key(self.workload, self.setting, f"steps B{batch_size}")
            )
            for batch_size in batch_sizes
        )


def _read(kind: type[Kept], kept: Mapping[str, Any] | None) -> Kept | None:
    """Make a record of what was kept; None where it does not fit."""
    if kept is None:
        return None
    try:
        return kind(**{key: _frozen(value) for key, value in kept.items()})
    except TypeError:
        return None


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
