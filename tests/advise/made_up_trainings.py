"""Times of epochs and steps to a target that follow from known parameters, with noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.advise.statistical_cost import StepCount, StepTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SIZES = np.array([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500], dtype=float)
N_SAMPLES = 1500
WITH, WITHOUT = "with-replacement", "without-replacement"


def step_time(a: float, b: float, c: float = 0.0) -> StepTime:
    return StepTime.of(a, b, c)


def step_count(s_min: float, b_noise: float, sampling: str = WITH) -> StepCount:
    return StepCount(np.asarray(s_min), np.asarray(s_min * b_noise), N_SAMPLES, sampling)


def noisy(values: Array, noise: float, rng: np.random.Generator) -> Array:
    disturbed: Array = values * np.exp(noise * rng.standard_normal(len(values)))
    return disturbed


def epochs(truth: StepTime, sizes: Array = SIZES, noise: float = 0.0, seed: int = 0) -> Array:
    exact = truth.epoch_seconds(sizes, N_SAMPLES)
    return noisy(exact, noise, np.random.default_rng(seed))


def steps_table(
    sizes: Array, steps: Array | Sequence[float], interval: float = np.nan, cap: float = 1e9
) -> pd.DataFrame:
    counted = np.asarray(steps, dtype=float)
    table: pd.DataFrame = pd.DataFrame(
        {
            "batch_size": sizes,
            "steps": counted,
            "steps_low": counted * (1 - interval),
            "steps_high": counted * (1 + interval),
            "steps_cap": cap,
            "edge": False,
        }
    )
    return table
