"""The README quotes a run as it was measured, and links only to what is there."""

from __future__ import annotations

import re
from pathlib import Path

from bench.report import terminal
from bench.store import read_run

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def quoted() -> list[str]:
    """Return the lines of the quoted output that come from the run file."""
    (block,) = re.findall(r"```text\n(Training on .*?)```", README, flags=re.DOTALL)
    return [line for line in block.split("run file:")[0].splitlines() if line != "[…]"]


def test_every_quoted_number_stands_in_the_reference_run() -> None:
    (path,) = (ROOT / "results" / "reference").glob("*.json")
    assert path.stem in README
    printed = terminal.render(read_run(path), width=80, colour=False).splitlines()
    missing = [line for line in quoted() if line not in printed]
    assert not missing
    assert sum("ms" in line for line in quoted()) >= 12


def test_every_linked_file_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", README)
    assert links
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert not missing


def test_the_kernels_are_all_named() -> None:
    files = (ROOT / "kernels" / "train").glob("[!_]*.py")
    names = [re.findall(r'name = "([\w.]+)"', file.read_text()) for file in files]
    assert names
    assert [name for found in names for name in found if f"`{name}`" not in README] == []
