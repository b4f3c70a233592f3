"""What the exit code of ``python -m bench …`` says."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import typer

from bench.plan.values import SelectionError
from bench.report.numbers import printed
from bench.store.files import StoreError
from data.errors import DataError
from kernels.registry import RegistryError


class Exit(IntEnum):
    """Exit codes; scripts may rely on them.

    ====  ===========  ==============================================================
    code  name         meaning
    ====  ===========  ==============================================================
    0     OK           everything asked for was done; of a comparison: no case is slower
    1     FAILED       something asked for could not be measured, was wrong, or could
                       not be saved; of a comparison only: a case is slower, and confirmed
    2     USAGE        the command line is wrong; the message says what is allowed
    3     UNCLEAR      measured, but too noisy or too short to answer; nothing is
                       claimed. Of a comparison: no case is confirmed to be slower, and
                       some are unclear, untrusted, missing, or slower and unconfirmed,
                       or what was measured could not be saved
    4     NOTHING      nothing comparable: no two runs share a series
    70    CRASHED      an error in the program itself; the traceback is on stderr, and nothing
                       is claimed
    130   INTERRUPTED  Ctrl-C or SIGTERM; what was measured is saved
    ====  ===========  ==============================================================
    """

    OK = 0
    FAILED = 1
    USAGE = 2
    UNCLEAR = 3
    NOTHING = 4
    CRASHED = os.EX_SOFTWARE
    INTERRUPTED = 130


#: What a user can cause, whatever the command: an option, a name, a file.
USAGE_ERRORS = (SelectionError, RegistryError, DataError, StoreError)


#: What is said after Ctrl-C by what changes files one by one, each whole or not at all.
UNDONE = "Interrupted; nothing is half done."


def tell(text: str, *, err: bool = False) -> None:
    """Print a sentence on one line: names in it are other people's, and may hold anything."""
    typer.echo(printed(text), err=err)


@contextmanager
def refusals(codes: Mapping[Any, Exit] | None = None, interrupted: str = "") -> Iterator[None]:
    """Turn what a user can cause into a sentence and an exit code.

    Parameters
    ----------
    codes : mapping of exception class to Exit, optional
        Of further errors, or of those that do not end with `Exit.USAGE` here.
    interrupted : str
        What is said after Ctrl-C; without it, the interrupt goes on.

    Raises
    ------
    typer.Exit
    """
    codes = codes or {}
    foreseen: tuple[type[Exception], ...] = (*USAGE_ERRORS, *codes)
    try:
        yield
    except KeyboardInterrupt as error:
        if not interrupted:
            raise
        tell(interrupted, err=True)
        raise typer.Exit(Exit.INTERRUPTED) from error
    except foreseen as error:
        tell(f"ERROR: {error}", err=True)
        code = next((codes[kind] for kind in codes if isinstance(error, kind)), Exit.USAGE)
        raise typer.Exit(code) from error
