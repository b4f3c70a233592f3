"""Runs ``python -m bench``; what fails here is never taken for an answer.

Python itself exits with 1 after an exception, which of a comparison says that a case is slower.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path

#: As `bench.commands.exits.Exit` has them: that module may need what is missing.
USAGE, CRASHED = 2, os.EX_SOFTWARE
OWN = ("bench", "kernels", "data")
#: What the system says where there is too little to load a library or to start a process.
NO_MEMORY = ("failed to map segment", "annot allocate memory")
#: The same program, installed.
SCRIPT = "minibatch-bench"


def main(arguments: list[str] | None = None) -> None:
    """Run a command.

    Parameters
    ----------
    arguments : list of str or None
        The name of the command first; by default those of the command line.

    Raises
    ------
    SystemExit
        Always, with the exit code.
    """
    try:
        _run(sys.argv[1:] if arguments is None else arguments)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if not missing or missing in OWN:
            _crashed()
        sys.exit(_not_installed(missing))
    except Exception as error:  # noqa: BLE001 - whatever it is, it says nothing of any case
        said = f"{error} {error.__cause__}"  # NumPy says in other words what it could not load
        if isinstance(error, MemoryError) or any(words in said for words in NO_MEMORY):
            sys.stderr.write(
                "ERROR: There is too little memory for the program itself: close what holds it "
                "(top -o %MEM), or raise the limit (ulimit -v, docker run --memory).\n"
            )
            sys.exit(CRASHED)
        _crashed()


def _run(arguments: list[str]) -> None:
    app = importlib.import_module("bench.commands.app")
    called = Path(sys.argv[0]).name
    app.invoke(arguments, called if called == SCRIPT else "python -m bench")


def _not_installed(missing: str) -> int:
    sys.stderr.write(
        f"ERROR: {missing} is not installed in this environment. `tox run -e bench --notest` "
        f"makes one that has all it needs, for `tox exec -e bench`; `pip install -e '.[cpu]'` "
        f"installs it into this one.\n"
    )
    return USAGE


def _crashed() -> None:
    traceback.print_exc()
    sys.stderr.write(
        "ERROR: The program itself failed, as above; that says nothing of what was measured.\n"
    )
    sys.exit(CRASHED)


if __name__ == "__main__":
    main()
