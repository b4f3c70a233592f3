"""The order: shuffled, the same for the same seed, and no strangers in a process."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bench.machine.conditions import Conditions
from bench.plan.tasks import Pass, Setting, Task, schedule

TASKS = [
    Task("bench_epoch", f"bench_epoch[{group}-{number}]", {"n": number}, group)
    for group in ("mxnet cpu", "mxnet gpu", "numpy cpu")
    for number in range(20)
] + [
    Task(
        "bench_engine", f"bench_engine[{engine}-{number}]", {}, "mxnet cpu", {"ENGINE": engine}
    )
    for engine in ("naive", "threaded")
    for number in range(3)
]


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_every_task_is_in_every_replicate_once(seed: int, replicates: int) -> None:
    processes = schedule(TASKS, replicates, seed)
    counted = Counter((one.replicate, task.id) for one in processes for task in one.tasks)
    assert counted == {(r, task.id): 1 for r in range(replicates) for task in TASKS}


@given(st.integers(0, 10**6))
def test_backends_kinds_of_device_and_settings_never_share_a_process(seed: int) -> None:
    processes = schedule(TASKS, 2, seed)
    assert len(processes) == 2 * 5
    for process in processes:
        assert len({task.group for task in process.tasks}) == 1
        assert len({tuple(task.environment.items()) for task in process.tasks}) == 1
        assert process.setting.environment == process.tasks[0].environment


def test_the_same_seed_gives_the_same_order_and_another_gives_another() -> None:
    assert schedule(TASKS, 3, 7) == schedule(TASKS, 3, 7)
    assert schedule(TASKS, 3, 7) != schedule(TASKS, 3, 8)


def test_the_order_differs_from_replicate_to_replicate() -> None:
    orders: dict[str, set[tuple[str, ...]]] = {}
    for process in schedule(TASKS, 4, 7):
        order = tuple(task.id for task in process.tasks)
        orders.setdefault(process.group, set()).add(order)
    assert {group: len(seen) for group, seen in orders.items() if "=" not in group} == {
        "mxnet cpu": 4,
        "mxnet gpu": 4,
        "numpy cpu": 4,
    }


def test_more_replicates_leave_the_first_ones_as_they_were() -> None:
    assert schedule(TASKS, 5, 7)[: 3 * 5] == schedule(TASKS, 3, 7)


def test_the_setting_of_all_processes_joins_what_a_task_needs() -> None:
    setting = Setting({"OMP_NUM_THREADS": "1"}, (0,))
    for process in schedule(TASKS, 1, 7, setting):
        assert process.setting.cpus == (0,)
        assert process.setting.environment["OMP_NUM_THREADS"] == "1"
        assert {*process.tasks[0].environment} <= {*process.setting.environment}


def test_processes_of_a_number_have_its_place() -> None:
    conditions = Conditions(5, (0, 1))
    for process in schedule(TASKS, 4, 7, conditions=conditions):
        timed = process.tasks[0].kind is Pass.TIME
        device = str(process.tasks[0].params.get("device"))
        place = conditions.place(process.replicate, device)
        assert process.setting.cpus == (place.cpus if timed else ())
        assert process.setting.layout == (place.layout if timed else None)
