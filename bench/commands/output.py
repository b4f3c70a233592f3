"""What a command prints: in signs that the terminal has, and to where nobody may be reading."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys

#: What stands for a sign that an encoding lacks; for any other it is a question mark.
SIGNS = {
    **dict.fromkeys("─━═", "-"),
    **dict.fromkeys("│┃", "|"),
    **dict.fromkeys("–—‑", "-"),
    **dict.fromkeys("’‘", "'"),
    "…": "...",
    "±": "+-",
    "µ": "u",
    "×": "x",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
}
SIMPLER = "bench.simpler"


def _simpler(error: UnicodeError) -> tuple[str, int]:
    """Replace what can't be encoded, as `codecs.register_error` wants it."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - it is never used to decode
    lacking = error.object[error.start : error.end]
    return "".join(SIGNS.get(sign, "?") for sign in lacking), error.end


codecs.register_error(SIMPLER, _simpler)


class Output(io.TextIOWrapper):
    """A stream that never fails: what measures goes on, and keeps what it has measured.

    Attributes
    ----------
    lost : OSError or None
        Why not all could be written. None also where the reader has gone: who takes the first
        lines of an answer has what was wanted.
    """

    lost: OSError | None = None
    #: What the stream in whose place it is writes to.
    source: int

    def write(self, text: str) -> int:
        """Write a text, as far as that is possible."""
        try:
            return super().write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        """Write what is left, as far as that is possible."""
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        if error.errno != errno.EPIPE:
            self.lost = error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (self.fileno(), self.source):
            os.dup2(nowhere, descriptor)
        os.close(nowhere)


def output(stream: io.TextIOWrapper) -> Output:
    """Return a stream to use in place of one of the process's own, which stays open."""
    stream.flush()
    made = Output(
        io.BufferedWriter(io.FileIO(os.dup(stream.fileno()), "w")),
        encoding=stream.encoding,
        errors=SIMPLER,
        line_buffering=stream.line_buffering,
    )
    made.source = stream.fileno()
    return made


def guard() -> None:
    """Take standard output and standard error over, where they are streams of bytes."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, output(stream))


def say(text: str, *, error: bool = False) -> None:
    """Print a line: what is in a name or a reason steers no terminal, and begins no other line.

    Parameters
    ----------
    error : bool
        Print it on standard error.
    """
    # It needs more than an environment without packages has.
    from bench.report.numbers import printed  # noqa: PLC0415

    put(printed(text), error=error)


def put(text: str, *, error: bool = False) -> None:
    """Print a text as it is."""
    stream = sys.stderr if error else sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


def finish(stream: object) -> bool:
    """Write what is left, and say whether all that was printed could be written."""
    if not isinstance(stream, Output):
        return True
    stream.flush()
    if stream.lost is None:
        return True
    say(f"ERROR: standard output can't be written: {stream.lost.strerror}.", error=True)
    return False
