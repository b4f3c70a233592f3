"""``python -m bench check``: compares the suite's times with a plain loop's; looks at a GPU."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.commands.exits import Exit, refusals
from bench.commands.request_options import takes_request
from bench.plan.matrix import Selection
from bench.plan.request import Request, protocol_of, select
from bench.plan.values import SelectionError
from bench.report.progress import StatusLine
from bench.run.checkout import commit_info
from bench.selftest import agreement, gpu_check, gpu_parts
from bench.selftest.rule import RULE
from kernels.backends import cuda_driver


@takes_request("devices", "kernels", preset="quick", devices="cpu(0)")
def check_(
    request: Request,
    notes: Annotated[
        Path,
        typer.Option(help="Folder for a GPU's answers: asked again, it goes on from there."),
    ] = gpu_check.FOLDER,
) -> None:
    """Compare the suite's times with a plain loop's, and time nothing and a sleep.

    Without --kernels, one of each backend. Of a GPU, --devices 'gpu(0)', all that
    is to be known before it is measured, in six minutes at most: whether every
    kernel is right, who else works there, its clock, its own time, its peaks,
    its memory, and whether every command works.

    Exits with 0 when all is as it should be, 1 when something is not, 2 when a
    name is wrong, 3 when the time did not suffice.
    """
    codes = []
    with refusals(interrupted="Interrupted; the answers so far are kept."):
        selection = select(request)
        for device in selection.values["device"]:
            on = _gpu if device.startswith("gpu") else _cpu
            codes.append(on(request, selection, device, notes))
    # The worst comes first: wrong, then unclear.
    raise typer.Exit(
        next((one for one in (Exit.FAILED, Exit.UNCLEAR) if one in codes), Exit.OK)
    )


def _cpu(request: Request, selection: Selection, device: str, _notes: Path) -> Exit:
    """Compare with a plain loop."""
    chosen = agreement.KERNELS if request.kernels is None else selection.values["kernel"]
    with StatusLine(Console(stderr=True)) as line:
        protocol = protocol_of(request)
        found = list(agreement.check(selection, protocol, device, chosen, tell=line.write))
    return Exit.OK if agreement.render(found, Console()) else Exit.FAILED


def _gpu(request: Request, selection: Selection, device: str, folder: Path) -> Exit:
    """Ask all that is to be known."""
    begin = time.monotonic()
    gpu = _found(device)
    notes = gpu_check.notes_for(gpu, commit_info()["id"], folder)
    console, good = Console(), set()
    with StatusLine(Console(stderr=True)) as line:
        asked = gpu_check.GpuCheck(
            selection,
            protocol_of(request),
            gpu,
            left=lambda: begin + RULE.gpu_seconds - time.monotonic(),
            tell=line.write,
        )
        for answer in gpu_check.run(asked, gpu_parts.PARTS, notes):
            line.write("")
            console.print(answer.line(), markup=False, highlight=False, soft_wrap=True)
            good.add(None if answer.said == gpu_check.NOT_REACHED else answer.good is not False)
    console.print(f"Answers: {notes.path}", markup=False, highlight=False, soft_wrap=True)
    if False in good:
        return Exit.FAILED
    return Exit.UNCLEAR if None in good else Exit.OK


def _found(device: str) -> cuda_driver.CudaDevice:
    """Return a GPU.

    Raises
    ------
    SelectionError
        When there is none of that number.
    """
    try:
        found = {f"gpu({one.index})": one for one in cuda_driver.devices()}
    except cuda_driver.DriverError as error:
        raise SelectionError(f"{device} can't be looked at: {error}") from error
    if device not in found:
        listed = ", ".join(found) or "none"
        raise SelectionError(f"{device} can't be looked at: the driver finds {listed}.")
    return found[device]
