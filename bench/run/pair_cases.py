"""Which case of one side stands against which of the other, and which can't be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from bench.measure.protocol import Protocol
from bench.plan.matrix import case_id
from bench.plan.tasks import Task
from bench.plan.values import SelectionError
from bench.run.launcher import EndedError, NoAnswerError
from bench.run.launcher import request as request_to
from bench.run.rule import RULE

if TYPE_CHECKING:
    from bench.plan.request import Request
    from bench.run.sides import Prepared, Side

#: Its rounds are whole trainings, printed figures between them: it takes no turns.
NOT_IN_TURNS = "bench_notebook"
#: What is compared unless cases are named: how long an epoch takes.
USUAL = ("bench_epoch",)


@dataclass(frozen=True)
class Entry:
    """A case on both sides.

    Attributes
    ----------
    name : str
        Of the case; where the sides differ in an axis, both values: ``numpy>nd.fused``.
    tasks : tuple of (Task or None)
        Of each side; None where a side does not have it, or can't measure it.
    reason : str
        Why it can't be compared; empty where it can.
    """

    name: str
    tasks: tuple[Task | None, Task | None]
    reason: str = ""

    @property
    def both(self) -> tuple[Task, Task]:
        """Its tasks, of a case that can be compared."""
        first, second = self.tasks
        assert first is not None and second is not None  # noqa: S101, PT018 - as asked for
        return first, second

    @property
    def group(self) -> str:
        """What entries have in common that may share a pair of processes."""
        told = [
            " ".join((task.group, *(f"{k}={v}" for k, v in sorted(task.environment.items()))))
            for task in self.both
        ]
        return told[0] if told[0] == told[1] else " | ".join(told)


def check(request: Request, sides: Sequence[Side]) -> None:
    """Refuse options that contradict one another.

    Raises
    ------
    SelectionError
    """
    if NOT_IN_TURNS in request.cases:
        raise SelectionError(
            "--cases: notebook can't be measured in turns; compare stored runs of it: "
            "python -m bench compare A B."
        )
    for axis, option in (("kernel", request.kernels), ("device", request.devices)):
        told = [getattr(side, axis) for side in sides]
        if any(told) and not all(told):
            raise SelectionError(f"--a and --b: give {axis}=… to both, or to none.")
        if all(told) and option is not None:
            raise SelectionError(f"--{axis}s: the sides say it already; leave one of them out.")


def entries(request: Request, sides: Sequence[Prepared]) -> list[Entry]:
    """List what is to be compared.

    Returns
    -------
    list of Entry
        In the order of the first side's cases.

    Raises
    ------
    SelectionError
        When an option is wrong for a side, or there is no case.
    """
    found = [_of_side(request, one) for one in sides]
    axes = [axis for axis in ("kernel", "device") if getattr(sides[0].side, axis)]
    first, second = ({_key(one, axes): one for one in side} for side in found)
    listed = [
        _entry(first.get(key), second.get(key), axes)
        for key in dict.fromkeys((*first, *second))
    ]
    if not listed:
        raise SelectionError(
            "these options leave no case: an option that names an axis, such as "
            "--batch-sizes, leaves out the cases without that axis."
        )
    return listed


def _of_side(request: Request, prepared: Prepared) -> list[dict[str, Any]]:
    """Ask a side for its cases, those that it can't measure with a ``reason``."""
    side = prepared.side
    chosen = replace(
        request,
        cases=request.cases or USUAL,
        kernels=side.kernel or request.kernels,
        devices=side.device or request.devices,
    )
    asked = {**asdict(chosen), "kernel_folder": [str(one) for one in chosen.kernel_folder]}
    question = request_to("", asked, Protocol(1, 0.1), "list")
    handle = prepared.launcher.launch(side.setting)
    try:
        answer = handle.ask(question, RULE.listing_seconds)
    except (EndedError, NoAnswerError) as error:
        raise SelectionError(f"{side.label}: its cases can't be listed: {error}.") from error
    finally:
        handle.close()
    if "error" in answer:
        raise SelectionError(f"{side.label}: {answer['message']}")
    facts = answer["facts"]
    skipped = [{**one, "module": str(one["id"]).partition("[")[0]} for one in facts["skipped"]]
    return [*facts["tasks"], *skipped]


def _key(one: Mapping[str, Any], axes: Sequence[str]) -> tuple[object, ...]:
    """Return what a case of both sides has in common."""
    params = {axis: value for axis, value in one["params"].items() if axis not in axes}
    return (one["module"], *sorted(params.items()))


def _entry(
    first: dict[str, Any] | None, second: dict[str, Any] | None, axes: Sequence[str]
) -> Entry:
    """Put the cases of both sides beside one another."""
    told = first or second
    assert told is not None  # noqa: S101 - the key came from one of them
    tasks = tuple(
        None if one is None or "reason" in one else Task(**one) for one in (first, second)
    )
    reasons = [_why_not(letter, one) for letter, one in zip("AB", (first, second), strict=True)]
    if first is not None and second is not None and "reason" in first and "reason" in second:
        # Neither side can: what one of them says is enough where both say the same.
        told_reasons = dict.fromkeys((str(first["reason"]), str(second["reason"])))
        reasons = [f"neither side can measure it: {'; '.join(told_reasons)}"]
    name = str(told["id"])
    if first is not None and second is not None and axes:
        params = {
            axis: _both(value, second["params"][axis])
            for axis, value in first["params"].items()
        }
        name = f"{first['module']}[{case_id(params)}]"
    return Entry(name, (tasks[0], tasks[1]), "; ".join(filter(None, reasons)))


def _why_not(letter: str, one: Mapping[str, Any] | None) -> str:
    """Say why a side does not measure a case; nothing where it does."""
    if one is None:
        return f"side {letter} has no such case"
    return f"side {letter} can't measure it: {one['reason']}" if "reason" in one else ""


def _both(one: Any, other: Any) -> Any:
    return one if one == other else f"{one}>{other}"
