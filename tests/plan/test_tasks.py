"""Which case modules a run measures: the usual ones, or those that it names."""

from __future__ import annotations

from bench.plan.catalogue import modules, usual_modules
from bench.plan.request import Request, read, select
from bench.plan.tasks import tasks_of

NARROW = Request(preset="quick", kernels="nd.autograd", devices="cpu(0)", batch_sizes="10")


def measured(chosen: str | None) -> set[str]:
    tasks, skipped = tasks_of(select(NARROW), () if chosen is None else read("cases", chosen))
    return {task.module for task in tasks} | {one["id"].partition("[")[0] for one in skipped}


def test_options_leave_out_modules_without_their_axes() -> None:
    assert "bench_machine" not in measured(None)


def test_a_module_that_is_named_is_not_left_out_by_them() -> None:
    assert measured("epoch,machine") == {"bench_epoch", "bench_machine"}


def test_a_module_may_want_to_be_named() -> None:
    assert set(modules()) - set(usual_modules()) == {"bench_target"}
    assert "bench_target" not in measured(None)
    assert measured("target") == {"bench_target"}
