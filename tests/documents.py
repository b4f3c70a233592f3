"""The output that the documents quote, renewed from the runs that it is of.

``python -m tests.documents`` runs each command that a document names in a comment such as

    <!-- output: report results/reference/RUN.json --format terminal | 1-8, 20-22, last 8 -->

and writes what it prints into the block below; a test holds that nothing changes by that.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from bench.commands import app

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "bench/README.md", "kernels/README.md", "results/README.md")
LEFT_OUT = "[…]"
BLOCK = re.compile(
    r"<!-- output: (?P<command>[^|>]+?)(?: \| (?P<lines>[^>]+?))? -->\n"
    r"(?P<fence>```text\n)?(?P<text>.*?)(?(fence)```|<!-- end -->)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Quoted:
    """A block of a document.

    Attributes
    ----------
    lines : str
        Which are shown: ``1-8, 20-22, last 8``; empty for all.
    """

    document: str
    command: str
    lines: str
    text: str


def quoted() -> list[Quoted]:
    """List the blocks of all documents."""
    return [
        Quoted(name, found["command"], found["lines"] or "", found["text"])
        for name in DOCUMENTS
        for found in BLOCK.finditer((ROOT / name).read_text(encoding="utf-8"))
    ]


def printed(command: str, lines: str) -> str:
    """Return what a command prints at 80 columns, or some of its lines."""
    words = shlex.split(command)
    done = CliRunner().invoke(app.app_of(words[:1]), words, env={"COLUMNS": "80"})
    whole = [line.rstrip() for line in done.stdout.strip("\n").splitlines()]
    shown: list[str] = []
    end = 0
    for part in lines.split(",") if lines else ():
        first, last = _range(part.strip(), len(whole))
        shown += [LEFT_OUT] if shown and first > end + 1 else []
        shown += whole[first - 1 : last]
        end = last
    return "".join(f"{line}\n" for line in (shown if lines else whole))


def _range(part: str, n_lines: int) -> tuple[int, int]:
    """Return the first and the last line of a range, from 1."""
    word, _, number = part.partition(" ")
    if word == "last":
        return n_lines - int(number) + 1, n_lines
    first, _, last = part.partition("-")
    return int(first), int(last or first)


def renewed(text: str) -> str:
    """Return a document with every block as its command prints it now."""

    def again(found: re.Match[str]) -> str:
        begin, end = (found.start("text") - found.start(), found.end("text") - found.start())
        whole = found[0]
        return whole[:begin] + printed(found["command"], found["lines"] or "") + whole[end:]

    return BLOCK.sub(again, text)


def main() -> None:
    """Renew every document, or those that are named."""
    os.chdir(ROOT)
    for name in sys.argv[1:] or DOCUMENTS:
        path = ROOT / name
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
