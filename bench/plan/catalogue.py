"""What there is to measure: kernels and cases, those that can't run here with the reason."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from bench import cases
from bench.plan.matrix import Selection, case_id, runs_on
from kernels.contract import TrainKernel, UpdateKernel


def catalogue(selection: Selection) -> dict[str, Any]:
    """List kernels and cases.

    Returns
    -------
    dict
        JSON-ready. ``kernels``: name, backend, operator, what it does, and for each device
        an empty string or why it can't run there. ``cases``: for each module its question
        and the ids of its cases, those that can run here and the others by reason.
    """
    registry = selection.registry
    chosen = {*selection.values["kernel"], *selection.values["update_kernel"]}
    kernels: dict[str, TrainKernel | UpdateKernel] = {**registry.train, **registry.update}
    devices = selection.values["device"]
    return {
        "kernels": [
            _kernel(kernel, devices) for name, kernel in kernels.items() if name in chosen
        ],
        "cases": [_module(name, selection) for name in modules()],
    }


def _kernel(kernel: TrainKernel | UpdateKernel, devices: tuple[str, ...]) -> dict[str, Any]:
    answers = {device: runs_on(kernel, device) for device in devices}
    return {
        "kernel": kernel.name,
        "backend": kernel.backend,
        "operator": kernel.operator,
        "saves": getattr(kernel, "saves", ""),
        "what": (type(kernel).__doc__ or "").partition("\n")[0],
        "devices": {
            device: "" if answer else str(answer) for device, answer in answers.items()
        },
    }


def modules() -> list[str]:
    """Return the names of the case modules."""
    found = pkgutil.iter_modules(cases.__path__)
    return sorted(one.name for one in found if one.name.startswith("bench_"))


def usual_modules() -> list[str]:
    """Return the names of the case modules that a run measures unless it names others."""
    return [name for name in modules() if not getattr(module(name), "ONLY_WHEN_NAMED", False)]


def module(name: str) -> Any:
    """Import a case module."""
    return importlib.import_module(f"{cases.__name__}.{name}")


def _module(name: str, selection: Selection) -> dict[str, Any]:
    found = module(name)
    available: list[str] = []
    unavailable: dict[str, list[str]] = {}
    for params in selection.cases_of(found):
        answer = selection.availability(params)
        test = f"{name}[{case_id(params)}]"
        if answer:
            available.append(test)
        else:
            unavailable.setdefault(str(answer), []).append(test)
    return {
        "case": name,
        "question": (found.__doc__ or "").partition("\n")[0],
        "available": available,
        "unavailable": unavailable,
    }
