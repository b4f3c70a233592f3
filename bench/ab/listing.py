"""The cases that there are on a side, asked of a process of that side.

Another revision may have other kernels, another environment other libraries: only the side
itself knows what it can measure, and why not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.selection.options import Given, select
from bench.tasks import tasks_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.measure.protocol import Protocol
    from kernels.registry import Registry


def listed(
    params: Mapping[str, Any],
    registry: Registry,  # noqa: ARG001 - `select` discovers it
    protocol: Protocol,  # noqa: ARG001
) -> dict[str, Any]:
    """List cases, in the process of a side.

    Parameters
    ----------
    params : mapping
        ``given``, the fields of ``Given``, and ``modules``.
    registry : Registry
    protocol : Protocol

    Returns
    -------
    dict
        ``tasks``, a list of dicts of the fields of ``Task`` that say which; ``skipped``,
        with ``id``, ``params`` and ``reason``. JSON-ready.
    """
    given = Given(
        **{
            **params["given"],
            "kernel_folders": tuple(map(Path, params["given"]["kernel_folders"])),
        }
    )
    tasks, skipped = tasks_of(select(given), tuple(params["modules"]))
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
