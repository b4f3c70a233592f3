"""Rates: what a kernel declares that it moves and computes, over the seconds it took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.cost import n_flops

if TYPE_CHECKING:
    from bench.measure.gate import TrainingCase
    from kernels.contract import TrainKernel


def step_work(kernel: TrainKernel, m: int, d: int) -> tuple[float, float] | None:
    """Return the bytes and flops of a step on m samples of d features, if declared."""
    if kernel.cost is None:
        return None
    return kernel.cost.n_bytes(m, d), n_flops(m, d, kernel.rule)


def epoch_work(case: TrainingCase) -> tuple[float, float] | None:
    """Return the bytes and flops of an epoch, its short last batch included, if declared."""
    d = case.workload.n_features
    n_full, rest = divmod(case.workload.n_samples, case.batch_size)
    full = step_work(case.kernel, case.batch_size, d)
    if full is None:
        return None
    last = step_work(case.kernel, rest, d) if rest else None
    moved, flops = last or (0.0, 0.0)
    return n_full * full[0] + moved, n_full * full[1] + flops


def rate_facts(work: tuple[float, float] | None, seconds: float) -> dict[str, Any]:
    """Return what was moved and computed, and how fast.

    Parameters
    ----------
    work : tuple of float or None
        Bytes and flops; None where the kernel does not declare them.
    seconds : float

    Returns
    -------
    dict
        ``bytes_moved``, ``flops`` and their rates; None where nothing is declared.
    """
    moved, flops = work if work is not None else (None, None)
    return {
        "bytes_moved": moved,
        "flops": flops,
        "moved_bytes_per_second": None if moved is None else moved / seconds,
        "flops_per_second": None if flops is None else flops / seconds,
    }
