"""What a workload needs at every batch size: computed once, then read from the cache."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

import kernels
from bench.convergence.quadratic import NoiseScale, Problem, along, problem_of
from bench.convergence.rule import RULE
from bench.convergence.trajectories import Ensemble, History, history_of, known, verify
from bench.convergence.tuning import Moments, Setting, Tuned, tune
from bench.store.files import whole
from data.errors import DataError
from data.workload import Workload
from kernels.rule import PLAIN

if TYPE_CHECKING:
    import pandas as pd

# Keeps what was computed, under a key of all that it depends on.
#
# A derived thing: the folder may be removed at any time. What depends on the workload is in
# the key as the bytes of its arrays, and what depends on this program as the text of its
# files.


#: Beside the folder of runs.
FOLDER = Path("results") / "cache" / "convergence"
#: Of the kernels' package, the files that decide what a training does.
TRAINING_FILES = ("reference.py", "rule.py", "sampling.py", "schedules.py")


@lru_cache(maxsize=1)
def _program() -> str:
    """Digest the files that a result depends on."""
    digest = hashlib.sha256(np.__version__.encode())
    folder = Path(kernels.__file__).parent
    own = sorted(Path(__file__).parent.glob("*.py"))
    for path in (*own, *(folder / name for name in TRAINING_FILES)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=4)
def _data(workload: Workload) -> str:
    """Digest a workload's arrays."""
    digest = hashlib.sha256(np.ascontiguousarray(workload.features).tobytes())
    digest.update(workload.labels.tobytes())
    digest.update(repr((workload.optimum.loss, *workload.optimum.weight)).encode())
    return digest.hexdigest()


def key(workload: Workload, setting: Setting, what: str) -> str:
    """Return a key.

    Parameters
    ----------
    what : str
        Tells apart what is kept of the same workload and setting.

    Returns
    -------
    str
        A hexadecimal number.
    """
    parts = [workload.name, _data(workload), asdict(setting), what, _program()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


Kept = TypeVar("Kept")


def get(folder: Path, name: str, kind: type[Kept]) -> Kept | None:
    """Return the record kept under a key; None where there is none, or it is damaged."""
    try:
        found = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        return kind(
            **{
                key: tuple(value) if isinstance(value, list) else value
                for key, value in found.items()
            }
        )
    except (OSError, ValueError, AttributeError, TypeError):
        return None


def put(folder: Path, name: str, value: Mapping[str, Any]) -> None:
    """Keep a value; where that is not possible, it is computed again the next time."""
    with contextlib.suppress(OSError), whole(folder / f"{name}.json") as part:
        part.write_text(json.dumps(value), encoding="utf-8")


# The steps that one batch size needs until the target, and how sure that is.


@dataclass(frozen=True)
class StepsToTarget:
    """What one batch size needs.

    Attributes
    ----------
    learning_rate : float
        The best found; the initial one under a schedule.
    steps : float or None
        Until the loss, averaged over the seeds, is at the target and stays; a fraction where
        it crosses between two steps. None for a miss.
    steps_low, steps_high : float or None
        Of them a 95% interval, from drawing the seeds anew; None where a bound is a miss.
    cap : int
        Steps after which a training that is not there is a miss.
    steps_by_seed : tuple of (float or None)
        Of each seed's own loss, at the same rate; None for a miss: not there after four times
        the steps of the average.
    edge : bool
        No rate beyond the best could be found to be worse.
    expected_steps : float or None
        What theory says, with replacement, at a constant rate and without momentum.
    """

    batch_size: int
    learning_rate: float
    steps: float | None
    steps_low: float | None
    steps_high: float | None
    cap: int
    seeds: int
    steps_by_seed: tuple[float | None, ...]
    edge: bool
    expected_steps: float | None

    @property
    def whole_steps(self) -> int | None:
        """Steps that a training has to do, a whole number."""
        return None if self.steps is None else max(1, math.ceil(self.steps))


def steps_to_target(
    problem: Problem, batch_size: int, setting: Setting, moments: Moments | None
) -> StepsToTarget:
    """Tune the learning rate, and count the steps.

    Parameters
    ----------
    moments : Moments or None
        For what theory says; from `moments_for`.
    """
    tuned = tune(problem, batch_size, setting)
    fine = tuned.fine
    rate, history = _tried_anew(problem, batch_size, setting, tuned)
    steps = known(history.reached)
    if steps is not None and steps > fine.cap:
        steps = None
    low, high = history.interval(setting.seed)
    expected = None
    if moments is not None:
        _, expected = moments.best(batch_size, rate, history.target)
    return StepsToTarget(
        batch_size=batch_size,
        learning_rate=rate,
        steps=steps,
        steps_low=low,
        steps_high=high,
        cap=fine.cap,
        seeds=len(tuned.seeds),
        steps_by_seed=history.by_seed(),
        edge=tuned.edge,
        expected_steps=expected,
    )


def _tried_anew(
    problem: Problem, batch_size: int, setting: Setting, tuned: Tuned
) -> tuple[float, History]:
    """Train at the best rate with seeds that have had no part in choosing it.

    Of several rates that are about as good the best is the one that had luck with its seeds,
    so those would give too few steps. Where the new seeds' mean does not stay at the target
    at all, the rate was too large, and a smaller one is taken.
    """
    fine, target = tuned.fine, setting.tolerance * problem.loss
    seeds = tuple(seed + len(tuned.seeds) for seed in tuned.seeds)
    best = len(fine.rates) // 2 if fine.best is None else fine.best
    steps = fine.cap if fine.best is None else fine.steps[fine.best]
    rate = float(fine.rates[best])
    for _ in range(RULE.finer_rates):
        trial = Ensemble(problem, batch_size, [rate], seeds, setting)
        history = history_of(trial, min(steps, fine.cap), target)
        if fine.best is None or math.isfinite(history.reached):
            break
        rate /= 2.0 ** (1.0 / RULE.finer_rates)
    return rate, history


def moments_for(problem: Problem, setting: Setting) -> Moments | None:
    """Return the theory of a workload, where it holds and is affordable.

    It is written for plain SGD at a constant rate, and exact for sampling with replacement.
    """
    plain = setting.rule == PLAIN and setting.schedule == "constant"
    affordable = len(problem.optimum) <= RULE.most_parameters
    holds = plain and setting.sampling == "with-replacement"
    return Moments(problem) if holds and affordable else None


# What a workload needs at every batch size: computed once, then read from the cache.


class Statistics:
    """The steps to the target of one workload in one setting.

    Parameters
    ----------
    folder : Path
        Of the cache.

    Raises
    ------
    DataError
        Where the optimum's loss is zero: no loss is a few percent above that.
    """

    def __init__(self, workload: Workload, setting: Setting, folder: Path = FOLDER) -> None:
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
        """Return what a batch size needs."""
        return self._kept(
            f"steps B{batch_size}",
            StepsToTarget,
            lambda: steps_to_target(self.problem, batch_size, self.setting, self._moments),
        )

    def noise_scale(self) -> NoiseScale:
        """Return the gradient noise scale along gradient descent on all samples."""
        return self._kept(
            "noise scale",
            NoiseScale,
            lambda: along(self.problem, self.setting.tolerance * self.problem.loss),
        )

    def _kept(self, what: str, kind: type[Kept], found: Callable[[], Kept]) -> Kept:
        """Return what was computed before, else compute and keep it."""
        name = key(self.workload, self.setting, what)
        kept = get(self._folder, name, kind)
        if kept is None:
            kept = found()
            put(self._folder, name, asdict(kept))  # type: ignore[call-overload]
        return kept

    def count(self, batch_sizes: Iterable[int], tell: Callable[[str], object]) -> None:
        """Count what is not in the cache, and tell before each how far it is."""
        sizes = sorted({size for size in batch_sizes if size <= self.workload.n_samples})
        for done, size in enumerate(sizes):
            name = key(self.workload, self.setting, f"steps B{size}")
            if get(self._folder, name, StepsToTarget) is None:
                tell(
                    f"[{done + 1}/{len(sizes)}] counting the steps to the target of "
                    f"{self.workload.name}, once: batch size {size}"
                )
                self.at(size)


# The steps to the target of several batch sizes as a tidy table.


TABLE = (
    *("batch_size", "steps", "steps_low", "steps_high", "steps_cap", "edge"),
    *("learning_rate", "seeds", "missed_seeds", "expected_steps"),
)
MAYBE_NONE = ("steps", "steps_low", "steps_high", "expected_steps")


def steps_table(statistics: Statistics, batch_sizes: Sequence[int]) -> pd.DataFrame:
    """Count, or read from the cache, what each batch size needs.

    Returns
    -------
    DataFrame
        A row for each: ``batch_size``, ``steps`` (NaN for a miss), ``steps_low``,
        ``steps_high``, ``steps_cap``, ``edge``, ``learning_rate``, ``seeds``,
        ``missed_seeds``, ``expected_steps`` (of theory; NaN where it says nothing).
    """
    found = [statistics.at(size) for size in sorted(set(batch_sizes))]
    rows = [
        {**asdict(one), "steps_cap": one.cap, "missed_seeds": one.steps_by_seed.count(None)}
        for one in found
    ]
    from pandas import DataFrame  # noqa: PLC0415 - what measures can do without

    table: pd.DataFrame = DataFrame(rows, columns=list(TABLE))
    table[list(MAYBE_NONE)] = table[list(MAYBE_NONE)].astype(float)
    return table
