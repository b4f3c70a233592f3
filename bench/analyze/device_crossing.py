"""From which size on a GPU is faster than the processor, in one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.analyze import tidy
from bench.analyze.roofline import column

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

CPU = "cpu(0)"
#: Stands for the kernel where the fastest of one device meets the fastest of the other.
FASTEST = "the fastest of each"
#: What grows in each case.
SIZES = {"epoch": "batch_size", "step": "batch_size", "update": "n_parameters"}


@dataclass(frozen=True)
class Crossing:
    """A kernel on two devices.

    Attributes
    ----------
    case : {'epoch', 'step', 'update'}
    what : str
        Workload and loader, or the number of tensors.
    kernel : str
    gpu : str
    ratios : dict of int to float
        By size, ascending: seconds on the processor over seconds on the GPU; above 1 the
        GPU is faster.
    """

    case: str
    what: str
    kernel: str
    gpu: str
    ratios: dict[int, float]

    @property
    def faster_from(self) -> int | None:
        """The smallest measured size from which on the GPU is faster at all; None for none."""
        smallest = None
        for size in sorted(self.ratios, reverse=True):
            if self.ratios[size] <= 1.0:
                break
            smallest = size
        return smallest

    @property
    def slower_up_to(self) -> int | None:
        """The largest measured size at which the GPU is not faster; None for none."""
        return max((size for size, ratio in self.ratios.items() if ratio <= 1.0), default=None)


def crossings(table: pd.DataFrame) -> list[Crossing]:
    """Compare every GPU of a run with its processor.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.tidy.frame``.

    Returns
    -------
    list of Crossing
        For each kernel that was measured on both at some size, and for the fastest kernel
        of each device at every size; empty without a GPU or without ``cpu(0)``.
    """
    return [crossing for case in SIZES for crossing in _of_case(table, case)]


def _of_case(table: pd.DataFrame, case: str) -> Iterator[Crossing]:
    rows = tidy.of_case(table, case)
    tensors = column(rows, "n_tensors").fillna(1).astype(int)
    update = tensors.map(lambda n: "1 tensor" if n == 1 else f"{n} tensors")
    training = rows["workload"].astype(str) + ", " + rows["loader"].astype(str)
    rows = rows.assign(what=update if case == "update" else training)
    gpus = sorted({str(one) for one in rows["device"] if str(one).startswith("gpu")})
    for what, group in rows.groupby("what", sort=False):
        for gpu in gpus:
            for kernel, own in group.groupby("kernel", sort=False):
                yield from _crossing(own, case, str(what), str(kernel), gpu)
            yield from _crossing(group, case, str(what), FASTEST, gpu)


def _crossing(
    rows: pd.DataFrame, case: str, what: str, kernel: str, gpu: str
) -> Iterator[Crossing]:
    """Yield the comparison where there is any."""
    best = rows.groupby(["device", SIZES[case]])["seconds"].min()
    on_cpu, on_gpu = (
        best.xs(device, level="device") if device in best.index.get_level_values(0) else None
        for device in (CPU, gpu)
    )
    if on_cpu is None or on_gpu is None:
        return
    ratios = (on_cpu / on_gpu).dropna().sort_index()
    if len(ratios):
        sizes = [int(size) for size in ratios.index]
        values = ratios.to_numpy(dtype=float).tolist()
        yield Crossing(case, what, kernel, gpu, dict(zip(sizes, values, strict=True)))
