"""Presets: how much of the matrix fits into the time that a person has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """What a run measures unless an option says otherwise.

    Attributes
    ----------
    name : str
    workloads : tuple of str
    batch_sizes : tuple of int
    update_sizes : tuple of int
        Parameter counts of ``bench_update``.
    tensor_counts : tuple of int
        Into how many tensors it divides them.
    loaders : tuple of str or None
        None for all.
    most_steps : int
        Batch sizes that make an epoch longer than so many steps are left out.
    epochs : int
        Epochs of one training; each is one timed round.
    seconds_per_case : float
        A case repeats its training until this much timed work is done.
    notebook_repeats : int
        Trainings of each ``bench_notebook`` case.
    """

    name: str
    workloads: tuple[str, ...]
    batch_sizes: tuple[int, ...]
    update_sizes: tuple[int, ...]
    epochs: int
    seconds_per_case: float
    notebook_repeats: int
    tensor_counts: tuple[int, ...] = (1, 100)
    loaders: tuple[str, ...] | None = None
    most_steps: int = 10_000


BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500)

QUICK = Preset(
    name="quick",
    workloads=("airfoil",),
    batch_sizes=(1, 10, 100, 1500),
    update_sizes=(5, 10_000, 10_000_000),
    epochs=3,
    seconds_per_case=0.15,
    notebook_repeats=3,
    tensor_counts=(1,),
)
DEFAULT = Preset(
    name="default",
    workloads=("airfoil",),
    batch_sizes=BATCH_SIZES,
    update_sizes=(5, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000),
    epochs=5,
    seconds_per_case=0.3,
    notebook_repeats=5,
)
FULL = Preset(
    name="full",
    workloads=("airfoil", "synthetic-10000x32"),
    batch_sizes=BATCH_SIZES,
    update_sizes=(
        *(5, 50, 100, 500, 1_000, 10_000, 100_000),
        *(1_000_000, 3_000_000, 10_000_000, 100_000_000),
    ),
    epochs=10,
    seconds_per_case=2.0,
    notebook_repeats=20,
)
#: Data from the size of the caches to far beyond them: where memory decides, not dispatch.
MEMORY = Preset(
    name="memory",
    workloads=(
        "synthetic-1000x4",
        "synthetic-1000000x4",
        "synthetic-100000x32",
        "synthetic-100000x256",
        "synthetic-10000x4096",
    ),
    batch_sizes=(1_000, 10_000),
    update_sizes=(1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000),
    epochs=2,
    seconds_per_case=0.5,
    notebook_repeats=1,
    loaders=("inmemory",),
)
PRESETS = {preset.name: preset for preset in (QUICK, DEFAULT, FULL, MEMORY)}
