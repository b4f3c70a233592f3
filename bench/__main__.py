"""Runs ``python -m bench``; what fails here is never taken for an answer.

Python itself exits with 1 after an exception, which of a comparison says that a case is slower.
What is needed to end well is imported when it is needed: Ctrl-C may come at any moment.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

#: As `bench.commands.exits.Exit` has them: that module may need what is missing.
USAGE, CRASHED, UNWRITTEN, INTERRUPTED = 2, os.EX_SOFTWARE, os.EX_IOERR, 130
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
    signal.signal(signal.SIGINT, _interrupted)
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


def _interrupted(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """End at once: nothing is under way but imports, and printing what is done.

    While there is more, `bench.commands.exits.refusals` takes the signal.
    """
    os.write(2, b"Interrupted.\n")
    os._exit(INTERRUPTED)


def _run(arguments: list[str]) -> None:
    from bench.commands import output  # noqa: PLC0415

    output.guard()
    from bench.commands import app  # noqa: PLC0415

    called = os.path.basename(sys.argv[0])  # noqa: PTH119 - pathlib takes long to import
    try:
        app.invoke(arguments, called if called == SCRIPT else "python -m bench")
    finally:
        if not output.finish(sys.stdout):
            sys.exit(UNWRITTEN)


def _not_installed(missing: str) -> int:
    sys.stderr.write(
        f"ERROR: {missing} is not installed in this environment. `tox run -e bench --notest` "
        f"makes one that has all it needs, for `tox exec -e bench`; `pip install -e '.[cpu]'` "
        f"installs it into this one.\n"
    )
    return USAGE


def _crashed() -> None:
    import traceback  # noqa: PLC0415

    traceback.print_exc()
    sys.stderr.write(
        "ERROR: The program itself failed, as above; that says nothing of what was measured.\n"
    )
    sys.exit(CRASHED)


if __name__ == "__main__":
    main()
