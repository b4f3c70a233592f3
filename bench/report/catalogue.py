"""Shows what there is to measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


def render(listed: Mapping[str, Any], console: Console, *, ids: bool) -> None:
    """Print the kernels and the cases.

    Parameters
    ----------
    listed : mapping
        From ``bench.catalogue.catalogue``.
    console : Console
    ids : bool
        Whether to print the id of every case, ready for ``-k`` or as part of a node id.
    """
    if ids:
        for module in listed["cases"]:
            for test in module["available"]:
                console.print(Text(test), soft_wrap=True)
        return
    devices = list(listed["kernels"][0]["devices"]) if listed["kernels"] else []
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("Kernel", "Update by", *devices):
        table.add_column(title, no_wrap=title in devices, overflow="fold")
    for one in listed["kernels"]:
        marks = ["no" if one["devices"][device] else "yes" for device in devices]
        table.add_row(Text(one["kernel"]), Text(one["operator"]), *marks)
    console.print(table)
    cases = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("Cases", "Question"):
        cases.add_column(title)
    cases.add_column("can run", justify="right", no_wrap=True)
    cases.add_column("can't", justify="right", no_wrap=True)
    for module in listed["cases"]:
        cannot = sum(map(len, module["unavailable"].values()))
        cases.add_row(
            module["case"],
            Text(module["question"]),
            str(len(module["available"])),
            str(cannot),
        )
    console.print(cases)
    _reasons(listed, console, devices)


def _reasons(listed: Mapping[str, Any], console: Console, devices: list[str]) -> None:
    """Print once why each device, for each backend, can't be used."""
    reasons = {
        (device, one["backend"]): one["devices"][device]
        for one in listed["kernels"]
        for device in devices
        if one["devices"][device]
    }
    for (device, backend), reason in reasons.items():
        console.print(Text(f"{device}, {backend}: {reason}"))
