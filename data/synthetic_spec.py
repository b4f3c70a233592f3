"""How a synthetic workload is named, and which ones there are.

``synthetic-10000x32`` has 10000 samples of 32 features. What differs from the defaults
follows in a fixed order: ``synthetic-10000x32-cond100-noise0.5-seed3``. Every workload
has exactly one name, so results recorded under equal names are of equal data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a name looks like, for messages.
PATTERN = "synthetic-<samples>x<features>[-cond<number>][-noise<number>][-seed<integer>]"

CONDITION_NUMBER = 10.0
NOISE = 0.1
SEED = 0

#: Features in float32: 400 GB.
LARGEST_SIZE = 10**11
#: The smallest eigenvalue, 1e-10, is still far above what rounding to float32 adds.
LARGEST_CONDITION_NUMBER = 1e10
#: Features and weights are of order 1: noise above this leaves nothing of them in float32.
LARGEST_NOISE = 1e6
LARGEST_SEED = 2**64 - 1

_NUMBER = r"\d+(?:\.\d+)?"
_NAME = re.compile(
    r"synthetic-(?P<n_samples>\d{1,20})x(?P<n_features>\d{1,20})"
    rf"(?:-cond(?P<condition_number>{_NUMBER}))?"
    rf"(?:-noise(?P<noise>{_NUMBER}))?"
    r"(?:-seed(?P<seed>\d{1,20}))?",
    flags=re.ASCII,
)


@dataclass(frozen=True)
class SyntheticSpec:
    """All that a synthetic workload depends on.

    Attributes
    ----------
    n_samples : int
        At least ``n_features + 2``: with fewer nothing is left for the noise.
    n_features : int
    condition_number : float
        Largest over smallest eigenvalue of the features' covariance. One feature has only
        one eigenvalue: its condition number is 1, and its name doesn't mention it.
    noise : float
        Root mean square of what no weights explain, in the labels' unit.
    seed : int

    Raises
    ------
    DataError
        If there is no such workload.
    """

    n_samples: int
    n_features: int
    condition_number: float = CONDITION_NUMBER
    noise: float = NOISE
    seed: int = SEED

    def __post_init__(self) -> None:
        """Refuse what can't be generated."""
        for fault in self._faults():
            raise DataError(fault)

    def _faults(self) -> Iterator[str]:
        size = f"a synthetic workload of {self.n_samples} samples x {self.n_features} features"
        if self.n_features < 1:
            yield f"{size} is empty: ask for at least 1 feature"
        if self.n_samples < self.n_features + 2:
            yield f"{size} is too short: ask for at least {self.n_features + 2} samples"
        if self.n_samples * self.n_features > LARGEST_SIZE:
            yield f"{size} is too large: ask for at most {LARGEST_SIZE} numbers"
        if not 1 <= self.condition_number <= LARGEST_CONDITION_NUMBER:
            yield (
                f"condition number {self.condition_number} is out of range: "
                f"ask for 1 to {LARGEST_CONDITION_NUMBER:g}"
            )
        if self.n_features == 1 and self.condition_number != 1:
            yield (
                f"one feature can't have condition number {self.condition_number:g}: "
                "ask for 1, or for more features"
            )
        if not 0 <= self.noise <= LARGEST_NOISE:
            yield f"noise {self.noise} is out of range: ask for 0 to {LARGEST_NOISE:g}"
        if not 0 <= self.seed <= LARGEST_SEED:
            yield f"seed {self.seed} is out of range: ask for 0 to {LARGEST_SEED}"

    @property
    def name(self) -> str:
        """The name that `parse` reads back as this very record."""
        parts = [f"synthetic-{self.n_samples}x{self.n_features}"]
        if self.condition_number != _usual_condition_number(self.n_features):
            parts.append(f"cond{_digits(self.condition_number)}")
        if self.noise != NOISE:
            parts.append(f"noise{_digits(self.noise)}")
        if self.seed != SEED:
            parts.append(f"seed{self.seed}")
        return "-".join(parts)


def parse(name: str) -> SyntheticSpec:
    """Read the name of a synthetic workload.

    Parameters
    ----------
    name : str
        Like ``synthetic-10000x32-cond100``.

    Returns
    -------
    SyntheticSpec
        Its ``name`` is `name`.

    Raises
    ------
    DataError
        If it is no such name, if there is no such workload, or if the workload has a
        simpler name (``-cond10`` is the default, ``-cond100.0`` is ``-cond100``).
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise DataError(
            f"{name!r} doesn't name a synthetic workload: "
            f"write {PATTERN}, numbers without sign or exponent"
        )
    n_features = int(match["n_features"])
    usual_condition_number = _usual_condition_number(n_features)
    spec = SyntheticSpec(
        n_samples=int(match["n_samples"]),
        n_features=n_features,
        condition_number=float(match["condition_number"] or usual_condition_number),
        noise=float(match["noise"] or NOISE),
        seed=int(match["seed"] or SEED),
    )
    if spec.name != name:
        raise DataError(f"{name!r} is not how this workload is written: use {spec.name!r}")
    return spec


def _usual_condition_number(n_features: int) -> float:
    return 1.0 if n_features == 1 else CONDITION_NUMBER


def _digits(value: float) -> str:
    """Write the shortest digits that read back as `value`, without sign or exponent."""
    # Adding zero turns -0.0 into 0.0.
    return np.format_float_positional(value + 0.0, unique=True, trim="-")
