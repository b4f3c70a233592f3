"""A reset keeps a trainer's store, updaters and graph, also where the store updates."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kernels import reference
from kernels.backends.mxnet.gluon_training import GluonTrainKernel
from kernels.reference import Reference
from kernels.registry import discover
from kernels.rule import VELOCITY_WITH_RATE
from kernels.train.gluon_update_on_kvstore import GluonUpdateOnKvstore
from tests.kernels.trainings import assert_matches, start_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload

RATES = array("d", [0.05, 0.04, 0.03, 0.02, 0.01])
ORDER = np.arange(23)


class MomentumOnKvstore(GluonUpdateOnKvstore):
    """The store updates with momentum, which no kernel of the project does."""

    name = "gluon.momentum_on_kvstore"
    rule = VELOCITY_WITH_RATE


KERNELS: dict[str, GluonTrainKernel] = {
    name: kernel
    for name, kernel in discover().train.items()
    if isinstance(kernel, GluonTrainKernel)
}
KERNELS[MomentumOnKvstore.name] = MomentumOnKvstore()


def kept(state: Any) -> list[Any]:
    """Return what a trainer makes at its first step, and the graph, where there is one."""
    trainer, store = state.trainer, state.trainer._kvstore
    updaters = [*trainer._updaters, store and store._updater]
    velocities = [one.states[key] for one in updaters if one for key in sorted(one.states)]
    return [store, *updaters, *velocities, getattr(state.loss_of, "_cached_op", None)]


@pytest.mark.parametrize("name", KERNELS)
def test_what_the_first_step_made_is_used_again(
    name: str, mxnet: None, small_workload: Callable[[str], Workload]
) -> None:
    kernel, workload = KERNELS[name], small_workload("synthetic-23x4")
    start = start_of(workload)
    state = kernel.prepare(workload, "cpu(0)", 5, "inmemory", start)
    first: list[Any] = []
    for _ in range(3):
        kernel.epoch(state, ORDER, RATES)
        first = first or kept(state)
        expected = reference.epoch(
            Reference.start(start), workload, ORDER, 5, RATES, kernel.rule
        )
        assert_matches(expected, kernel.parameters(state))
        kernel.reset(state, start)
        assert all(now is then for now, then in zip(kept(state), first, strict=True))


def test_the_trainings_above_have_what_they_are_about(
    mxnet: None, small_workload: Callable[[str], Workload]
) -> None:
    workload = small_workload("synthetic-23x4")
    made = {}
    for name, kernel in KERNELS.items():
        state = kernel.prepare(workload, "cpu(0)", 5, "inmemory", start_of(workload))
        kernel.epoch(state, ORDER, RATES)
        made[name] = [type(one).__name__ for one in kept(state)]
    assert "KVStore" in made["gluon.update_on_kvstore"]
    assert "CachedOp" in made["gluon.hybrid"]
    for name in ("gluon.momentum", "gluon.momentum_on_kvstore"):
        assert made[name].count("NDArray") == 2
