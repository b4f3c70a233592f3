"""A crash, a hang or an error costs its case in its process, and nothing else."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from bench.plan.tasks import Cause, Pass, Task, schedule
from bench.run.launcher import Executor, Interrupts
from tests.run.fake_launcher import CRASH, HANG, KILLED, FakeLauncher, answer_of, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.plan.tasks import Outcome, Process

NAMES = ("a", "b", "c", "d")


def tasks(names: tuple[str, ...] = NAMES, group: str = "numpy cpu") -> list[Task]:
    return [
        Task("bench_epoch", f"bench_epoch[{name}]", {"name": name}, group) for name in names
    ]


def request_of(process: Process, task: Task) -> dict[str, Any]:
    return {"params": task.params, "replicate": process.replicate}


class Watched:
    """An executor with everything that goes out of it."""

    def __init__(
        self, script: Callable[[str, int], Any], *, stop_after: int = 10**6, kills: Any = None
    ) -> None:
        self.launcher = FakeLauncher(script)
        self.outcomes: list[Outcome] = []
        self.stop_after = stop_after
        kills = iter(kills or ())
        self.executor = Executor(
            self.launcher,
            request_of=request_of,
            limit_of=lambda task: 60.0,
            add=self.outcomes.append,
            starts=lambda process, task: None,
            stopping=lambda: len(self.outcomes) >= self.stop_after,
            clock=iter(range(10**6)).__next__,
            oom_kills=lambda: next(kills, 0),
        )

    def causes(self, name: str) -> list[Cause | None]:
        return [one.cause for one in self.outcomes if one.id == f"bench_epoch[{name}]"]


def test_every_case_is_measured_once_in_each_replicate_in_one_process_each() -> None:
    watched = Watched(lambda name, times: answer_of(1.0))
    assert watched.executor.run(schedule(tasks(), 3, seed=1))
    assert len(watched.launcher.all) == 3
    assert [sorted(one.asked) for one in watched.launcher.all] == [[*NAMES]] * 3
    assert {(one.replicate, one.id) for one in watched.outcomes} == {
        (replicate, f"bench_epoch[{name}]") for replicate in range(3) for name in NAMES
    }
    assert all(one.closed for one in watched.launcher.all)
    assert {one.seconds for one in watched.outcomes} == {1}


@pytest.mark.parametrize(
    ("what", "cause", "says"),
    [
        (CRASH, Cause.CRASH, "crash: the process ended with SIGSEGV"),
        (HANG, Cause.HANG, "hang: no answer within 60 s, so it was ended"),
        (error("ValueError", "bad"), Cause.ERROR, "ValueError: bad"),
        (
            error("MemoryError", "no", out_of_memory=True),
            Cause.OUT_OF_MEMORY,
            "out of memory: MemoryError: no",
        ),
    ],
)
def test_what_goes_wrong_costs_its_case_only_and_the_rest_goes_on_in_a_fresh_process(
    what: Any, cause: Cause, says: str
) -> None:
    watched = Watched(
        lambda name, times: what if name == "b" and times == 1 else answer_of(1.0)
    )
    assert watched.executor.run(schedule(tasks(), 2, seed=1))
    assert watched.causes("b") == [cause, None]
    assert next(one.message for one in watched.outcomes if one.cause) == says
    for name in ("a", "c", "d"):
        assert watched.causes(name) == [None, None]
    first, second, third = watched.launcher.all
    assert first.asked[-1] == "b"
    assert sorted(first.asked + second.asked) == [*NAMES]
    assert sorted(third.asked) == [*NAMES]


def test_a_case_that_came_to_nothing_twice_is_not_tried_a_third_time() -> None:
    watched = Watched(lambda name, times: HANG if name == "b" else answer_of(1.0))
    assert watched.executor.run(schedule(tasks(), 5, seed=1))
    assert watched.causes("b") == [Cause.HANG, Cause.HANG]
    assert watched.causes("a") == [None] * 5


@pytest.mark.parametrize("kind", ["GateError", "DivergedError", "DataError"])
def test_a_wrong_case_is_given_up_at_once_and_its_process_goes_on(kind: str) -> None:
    watched = Watched(
        lambda name, times: error(kind, "it is wrong") if name == "b" else answer_of(1.0)
    )
    assert watched.executor.run(schedule(tasks(), 3, seed=1))
    assert watched.causes("b") == [Cause.WRONG]
    assert len(watched.launcher.all) == 3


def test_the_kernels_own_counter_tells_out_of_memory_from_another_kill() -> None:
    watched = Watched(lambda name, times: KILLED, kills=[3, 4, 4, 4])
    watched.executor.run(schedule(tasks(("a",)), 2, seed=1))
    assert watched.causes("a") == [Cause.OUT_OF_MEMORY, Cause.CRASH]


def test_told_to_stop_it_ends_after_the_case_in_progress_and_says_so() -> None:
    watched = Watched(lambda name, times: answer_of(1.0), stop_after=2)
    assert not watched.executor.run(schedule(tasks(), 2, seed=1))
    assert len(watched.outcomes) == 2
    assert all(one.closed for one in watched.launcher.all)


def test_a_run_goes_on_where_it_was_left() -> None:
    processes = schedule(tasks(), 3, seed=1)
    begun = Watched(lambda name, times: CRASH if name == "c" else answer_of(1.0), stop_after=6)
    assert not begun.executor.run(processes)
    left = Watched(lambda name, times: CRASH if name == "c" else answer_of(1.0))
    assert left.executor.run(processes, begun.outcomes)
    both = [(one.replicate, one.id) for one in (*begun.outcomes, *left.outcomes)]
    assert len(set(both)) == len(both) == 3 * 3 + 2  # c is tried twice in all


def test_an_interrupt_ends_the_process_that_is_measuring() -> None:
    watched = Watched(lambda name, times: KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        watched.executor.run(schedule(tasks(), 1, seed=1))
    assert [one.closed for one in watched.launcher.all] == [True]


def test_where_a_result_cannot_be_kept_the_process_is_ended() -> None:
    watched = Watched(lambda name, times: answer_of(1.0))

    def full(outcome: Outcome) -> None:
        raise OSError("no space left")

    object.__setattr__(watched.executor, "add", full)
    with pytest.raises(OSError, match="no space left"):
        watched.executor.run(schedule(tasks(), 1, seed=1))
    assert [one.closed for one in watched.launcher.all] == [True]


def test_a_pass_of_its_own_has_a_process_for_each_case() -> None:
    timed = tasks(("a", "b"))
    memory = [
        Task(one.module, one.id, {"name": "m"}, one.group, kind=Pass.MEMORY) for one in timed
    ]
    watched = Watched(lambda name, times: answer_of(1.0))
    assert watched.executor.run(schedule([*timed, *memory], 2, seed=1))
    assert [sorted(one.asked) for one in watched.launcher.all] == [
        ["a", "b"],
        ["a", "b"],
        ["m"],
        ["m"],
    ]


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_is_noted_the_next_raised_and_nothing_after_that(second: int) -> None:
    said: list[str] = []
    with Interrupts(said.append) as interrupts:
        signal.raise_signal(signal.SIGINT)
        assert interrupts.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(second)
        signal.raise_signal(signal.SIGINT)
    assert len(said) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_measured_is_saved_whatever_comes(number: int) -> None:
    said: list[str] = []
    with Interrupts(said.append) as interrupts:
        interrupts.save()
        for _ in range(3):
            signal.raise_signal(number)
    assert said == ["Saving what was measured."] * 3
