"""What there is to do in a run of several processes: its tasks, and what can't be done."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from bench import cases
from bench.catalogue import modules, usual_modules
from bench.processes.task import Pass, Task
from bench.selection import parsing
from bench.selection.matrix import case_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.selection.matrix import Selection

#: The cases whose memory is measured: trainings, the data on the device.
MEMORY_MODULE, MEMORY_LOADER = "bench_epoch", "inmemory"


def tasks_of(
    selection: Selection, chosen: Sequence[str] = ()
) -> tuple[list[Task], list[dict[str, Any]]]:
    """List the cases that are asked for.

    Parameters
    ----------
    selection : Selection
    chosen : sequence of str
        Names of case modules; empty for all but those that want to be named.

    Returns
    -------
    tuple of (list of Task, list of dict)
        The timing tasks that can run here; the others, with ``id``, ``params`` and
        ``reason``.
    """
    tasks, skipped = [], []
    for name in chosen or usual_modules():
        module: Any = importlib.import_module(f"{cases.__name__}.{name}")
        for params in selection.cases_of(module, named=bool(chosen)):
            id_ = f"{name}[{case_id(params)}]"
            answer = selection.availability(params)
            if not answer:
                skipped.append({"id": id_, "params": params, "reason": str(answer)})
                continue
            environment = getattr(module, "environment", None)
            tasks.append(
                Task(
                    module=name,
                    id=id_,
                    params=params,
                    group=_group(selection, params),
                    environment=environment(params) if environment else {},
                )
            )
    return tasks, skipped


def _group(selection: Selection, params: Mapping[str, Any]) -> str:
    """Name what cases have in common that may share a process."""
    return f"{selection.backend_of(params)} {params['device'][:3]}"


def memory_tasks(tasks: Sequence[Task]) -> list[Task]:
    """List the memory pass of the trainings among some tasks.

    Parameters
    ----------
    tasks : sequence of Task

    Returns
    -------
    list of Task
    """
    return [
        Task(task.module, task.id, task.params, task.group, task.environment, Pass.MEMORY)
        for task in tasks
        if task.module == MEMORY_MODULE and task.params["loader"] == MEMORY_LOADER
    ]


def required_and_missing(
    unavailable: Sequence[dict[str, Any]], wanted: Sequence[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Tell cases that are skipped from those that must not be.

    Parameters
    ----------
    unavailable : sequence of dict
        From `tasks_of`.
    wanted : sequence of str
        Kernels and devices that were required.

    Returns
    -------
    tuple of (list of dict, list of dict)
        Those that are skipped, and those that failed, the reason saying so.
    """
    skipped, failed = [], []
    for one in unavailable:
        if {one["params"].get("kernel"), one["params"]["device"]} & {*wanted}:
            failed.append({**one, "reason": f"required, but {one['reason']}"})
        else:
            skipped.append(one)
    return skipped, failed


def chosen_modules(text: str | None) -> tuple[str, ...]:
    """Read ``--cases``.

    Parameters
    ----------
    text : str or None
        Names of case modules, with or without ``bench_``.

    Returns
    -------
    tuple of str
        Empty for all.

    Raises
    ------
    SelectionError
    """
    if text is None:
        return ()
    known = [name.removeprefix("bench_") for name in modules()]
    bare = ",".join(part.removeprefix("bench_") for part in parsing.split("--cases", text))
    return tuple(f"bench_{name}" for name in parsing.names("--cases", bare, known, "case"))
