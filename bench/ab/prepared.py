"""A side that is ready to be measured: its code laid out, its fingerprint taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench import run_file
from bench.ab.checkout import checkout
from bench.measure.fresh_fingerprint import fresh_fingerprint
from bench.processes.launcher import Code, SubprocessLauncher
from bench.selection.parsing import SelectionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import ExitStack
    from pathlib import Path

    from bench.ab.side import Side


@dataclass(frozen=True)
class Prepared:
    """A side, and how its processes are started.

    Attributes
    ----------
    side : Side
    launcher : SubprocessLauncher
    commit : str or None
        Of what is measured; None outside a git checkout.
    fingerprint : mapping
    """

    side: Side
    launcher: SubprocessLauncher
    commit: str | None
    fingerprint: Mapping[str, Any]


def prepare(
    sides: Sequence[Side], kernel_folders: tuple[Path, ...], stack: ExitStack
) -> list[Prepared]:
    """Make both sides ready.

    Parameters
    ----------
    sides : sequence of two Side
    kernel_folders : tuple of Path
        Where further kernels are.
    stack : ExitStack
        Until it is left, revisions stay checked out.

    Returns
    -------
    list of two Prepared

    Raises
    ------
    SelectionError
        When a side can't be had.
    """
    return [
        _prepared(option, side, kernel_folders, stack)
        for option, side in zip(("--a", "--b"), sides, strict=True)
    ]


def _prepared(
    option: str, side: Side, kernel_folders: tuple[Path, ...], stack: ExitStack
) -> Prepared:
    code, commit = Code(side.interpreter), run_file.commit()
    if side.revision is not None:
        revision = stack.enter_context(checkout(option, side.revision))
        code, commit = replace(code, tree=revision.folder), revision.commit
    setting = side.setting
    taken = fresh_fingerprint(setting.environment, setting.cpus, side.interpreter)
    if "not_fresh" in taken:
        raise SelectionError(f"{option}: no process of it starts: {taken['not_fresh']}.")
    return Prepared(side, SubprocessLauncher(kernel_folders, code), commit, taken)
