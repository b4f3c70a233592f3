"""The two things that ``ab`` compares, ready to be measured, and the cases of both."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.machine.conditions import Conditions, fingerprint_under
from bench.measure.protocol import Protocol
from bench.plan import values
from bench.plan.matrix import case_id
from bench.plan.request import Request, read, select, setting_of
from bench.plan.tasks import Setting, Task, tasks_of
from bench.plan.values import SelectionError, share
from bench.run import runner
from bench.run.checkout import ROOT, checkout
from bench.run.launcher import (
    HERE,
    Code,
    EndedError,
    NoAnswerError,
    SubprocessLauncher,
)
from bench.run.launcher import request as request_to
from bench.run.rule import RULE
from kernels.registry import Registry

# One of the two things that ``ab`` compares: what sets it apart, as it was given.


#: What a side may be told, and what it means.
KEYS = {
    "rev": "a git revision, whose kernels/ and data/ are measured",
    "python": "an interpreter, whose environment has the libraries",
    "kernel": "a kernel",
    "device": "a device",
    "threads": "threads of every pool",
    "pin": "CPUs, joined by +: 0 or 0+2-3",
    "env:NAME": "an environment variable",
    "slowdown": "percent by which rounds are slowed down on purpose, to see it found",
}
_VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
#: What a process needs of the suite before it can measure at all.
NEEDED = "import bench.run.worker, bench.machine.fingerprint"


@dataclass(frozen=True)
class Side:
    """A side of a comparison.

    Attributes
    ----------
    given : tuple of str
        As on the command line.
    revision : str or None
        None for the working tree.
    kernel, device : str or None
        None for those of the cases.
    slowdown : float
        A share by which its rounds are slowed down on purpose.
    """

    given: tuple[str, ...] = ()
    interpreter: str = HERE.interpreter
    revision: str | None = None
    kernel: str | None = None
    device: str | None = None
    setting: Setting = field(default_factory=Setting)
    slowdown: float = 0.0

    @property
    def label(self) -> str:
        """What it is, for a person."""
        return ", ".join(self.given) or "as it is here"


def side_of(option: str, given: Sequence[str]) -> Side:
    """Read what a side was given.

    Parameters
    ----------
    option : str
        Its name, for messages.
    given : sequence of str
        ``KEY=VALUE`` each, of `KEYS`.

    Raises
    ------
    SelectionError
    """
    told: dict[str, str] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or not value or not (key in KEYS or _VARIABLE.fullmatch(key)):
            allowed = "; ".join(f"{name}=…: {meaning}" for name, meaning in KEYS.items())
            raise SelectionError(f"{option}: {one!r} is not understood; give {allowed}.")
        if key in told:
            raise SelectionError(f"{option}: {key} is given twice; give it once.")
        told[key] = value
    side = Side(tuple(given), setting=_setting(told))
    if "rev" in told:
        side = replace(side, revision=told["rev"])
    if "python" in told:
        side = replace(side, interpreter=_interpreter(option, told["python"]))
    if "device" in told:
        side = replace(side, device=_one_device(option, told["device"]))
    if "slowdown" in told:
        side = replace(side, slowdown=share(option, told["slowdown"]))
    return replace(side, kernel=told.get("kernel"))


def _setting(told: dict[str, str]) -> Setting:
    """Put the variables and CPUs of a side together; a variable overrides ``threads``."""
    threads = read("threads", told["threads"]) if "threads" in told else None
    cpus = read("pin", told["pin"].replace("+", ",")) if "pin" in told else ()
    setting = setting_of(Request(threads=threads, pin=cpus))
    variables = {
        match[1]: value for key, value in told.items() if (match := _VARIABLE.fullmatch(key))
    }
    return Setting({**setting.environment, **variables}, setting.cpus)


def _one_device(option: str, text: str) -> str:
    found = values.devices(option, text)
    if len(found) != 1:
        raise SelectionError(f"{option}: device={text} names several; a side has one.")
    return found[0]


def _interpreter(option: str, text: str) -> str:
    """Return an interpreter that can run the suite.

    It is not resolved: a virtual environment is known by the place of its link.
    """
    path = Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 - see above
    try:
        done = subprocess.run(
            [str(path), "-c", NEEDED],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=RULE.start_seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or "it does not answer"
        raise SelectionError(f"{option}: python={text} can't be run: {reason}.") from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise SelectionError(
            f"{option}: python={text} can't run this suite: {said[-1]}. Install the project's "
            f"dependencies in its environment."
        )
    return str(path)


# The cases that there are on a side, asked of a process of that side.
#
# Another revision may have other kernels, another environment other libraries: only the side
# itself knows what it can measure, and why not.


def listed(
    params: Mapping[str, Any],
    registry: Registry,  # noqa: ARG001 - `select` discovers it
    protocol: Protocol,  # noqa: ARG001
) -> dict[str, Any]:
    """List cases, in the process of a side.

    Parameters
    ----------
    params : mapping
        The fields of `Request`.

    Returns
    -------
    dict
        ``tasks``, a list of dicts of the fields of ``Task`` that say which; ``skipped``,
        with ``id``, ``params`` and ``reason``. JSON-ready.
    """
    folders = tuple(map(Path, params["kernel_folder"]))
    request = Request(**{**params, "kernel_folder": folders})
    tasks, skipped = tasks_of(select(request), request.cases)
    return {
        "tasks": [
            {
                "module": task.module,
                "id": task.id,
                "params": dict(task.params),
                "group": task.group,
                "environment": dict(task.environment),
            }
            for task in tasks
        ],
        "skipped": [{**one, "params": dict(one["params"])} for one in skipped],
    }


# A side that is ready to be measured: its code laid out, its fingerprint taken.


@dataclass(frozen=True)
class Prepared:
    """A side, and how its processes are started.

    Attributes
    ----------
    commit : str or None
        Of what is measured; None outside a git checkout.
    """

    side: Side
    launcher: SubprocessLauncher
    commit: str | None
    fingerprint: Mapping[str, Any]


def prepare(
    sides: Sequence[Side],
    kernel_folders: tuple[Path, ...],
    stack: ExitStack,
    conditions: Conditions | None = None,
) -> list[Prepared]:
    """Make both sides ready.

    Parameters
    ----------
    kernel_folders : tuple of Path
        Where further kernels are.
    stack : ExitStack
        Until it is left, revisions stay checked out.
    conditions : Conditions, optional
        Under which their processes are started.

    Raises
    ------
    SelectionError
        When a side can't be had.
    """
    prepared = []
    for option, side in zip(("--a", "--b"), sides, strict=True):
        code, commit = Code(side.interpreter), runner.commit()
        if side.revision is not None:
            commit, folder = stack.enter_context(checkout(option, side.revision))
            code = replace(code, tree=folder)
        setting = side.setting
        taken = fingerprint_under(
            conditions, setting.environment, setting.cpus, side.interpreter
        )
        if "not_fresh" in taken:
            raise SelectionError(f"{option}: no process of it starts: {taken['not_fresh']}.")
        launcher = SubprocessLauncher(kernel_folders, code)
        prepared.append(Prepared(side, launcher, commit, taken))
    return prepared


# Which case of one side stands against which of the other, and which can't be measured.


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
        both = {
            axis: (value, second["params"][axis]) for axis, value in first["params"].items()
        }
        params = {axis: a if a == b else f"{a}>{b}" for axis, (a, b) in both.items()}
        name = f"{first['module']}[{case_id(params)}]"
    return Entry(name, (tasks[0], tasks[1]), "; ".join(filter(None, reasons)))


def _why_not(letter: str, one: Mapping[str, Any] | None) -> str:
    """Say why a side does not measure a case; nothing where it does."""
    if one is None:
        return f"side {letter} has no such case"
    return f"side {letter} can't measure it: {one['reason']}" if "reason" in one else ""
