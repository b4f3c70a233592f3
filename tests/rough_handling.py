"""Damaged files through every command that reads, and kills at any moment.

``python -m tests.rough_handling --damaged 1500 --kills 60`` tries as many, and prints what
ends with a traceback, hangs, exits with a code that is not the command's, or leaves a file that
is half-written. Without a seed each run tries others.
"""

from __future__ import annotations

import argparse
import functools
import json
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from bench.commands import app
from bench.commands.exits import Exit
from bench.report.page import rendering
from bench.store.files import StoreError, read_run
from tests.store.test_own_run import MISSING, ODD, QUICK, places, small, with_odd

ROOT = Path(__file__).resolve().parents[1]
FOREIGN = sorted((Path(__file__).parent / "store" / "files").glob("*.json"))
#: How a comparison may end; 1, slower and confirmed, is for numbers, and these are not changed.
VERDICTS = (Exit.OK, Exit.USAGE, Exit.UNCLEAR, Exit.NOTHING)
#: Longer than any command takes that does not hang.
LIMIT_SECONDS = 300
#: Names of fields that no reader expects.
ODD_KEYS = ("", "\ud800", "\x1b[2J\n::error::", "=1", "../..", "a" * 10_000)
ODD_TEXTS = ("\x1b]0;x\x07\n::error::", "=1", "../../x", "a" * 100_000)

# Damaged files.


def commands(
    bad: Path, good: Path, folder: Path
) -> dict[str, tuple[list[Any], tuple[int, ...]]]:
    """Return every command that reads runs, and the codes with which it may end."""
    reports: dict[str, tuple[list[Any], tuple[int, ...]]] = {
        f"report {form}": (
            ["report", bad, "--format", form, "--no-target", "-o", folder / f"out.{form}"],
            (Exit.OK, Exit.FAILED, Exit.USAGE, Exit.UNCLEAR, Exit.NOTHING),
        )
        for form in ("html", "md", "csv", "parquet", "terminal", "ladder")
    }
    return {
        **reports,
        "report of two": (
            ["report", good, bad, "--format", "md"],
            (Exit.OK, Exit.FAILED, Exit.NOTHING),
        ),
        "compare": (["compare", good, bad], VERDICTS),
        "compare json": (["compare", bad, good, "--format", "json", "--force"], VERDICTS),
        "track": (["track", bad, "--history", good.parent, "--no-confirm"], VERDICTS),
        "efficiency": (["efficiency", bad], VERDICTS),
        "advise": (["advise", bad, "--details"], VERDICTS),
        "prune": (["prune", bad.parent, "--keep-last", "1", "--yes"], (Exit.OK, Exit.USAGE)),
        "import": (
            ["import", bad, "--results", folder / "imported"],
            (Exit.OK, Exit.FAILED, Exit.USAGE),
        ),
    }


def damage(rng: random.Random, document: dict[str, Any]) -> bytes:
    """Return a document's text with one thing wrong: cut, changed bytes, odd value or name."""
    text = json.dumps(document).encode()
    kind, at = rng.randrange(5), rng.randrange(len(text))
    if kind == 0:
        return text[:at]
    if kind == 1:
        return text[:at] + rng.randbytes(rng.randrange(1, 9)) + text[at + rng.randrange(9) :]
    if kind == 2:
        return text[:at] + text[at + rng.randrange(1, 2000) :]
    where = rng.choice(list(places(document)))
    if kind == 3 or not isinstance(where[-1], str):
        odd = with_odd(document, where, rng.choice((*ODD, *ODD_TEXTS)))
    else:
        odd = with_odd(document, (*where[:-1], rng.choice(ODD_KEYS)), value_at(document, where))
        odd = with_odd(odd, where, MISSING)
    return json.dumps(odd).encode()


def value_at(document: Any, where: tuple[Any, ...]) -> Any:
    return functools.reduce(lambda inner, name: inner[name], where, document)


def try_damaged(n_files: int, seed: int, folder: Path) -> Iterator[str]:
    """Give damaged files to every command, in this process, and yield what went wrong."""
    rng = random.Random(seed)
    healthy = [small(path) for path in (QUICK, *FOREIGN)]
    runner, good = CliRunner(), folder / "good" / QUICK.name
    rendering.bundled()  # else a process makes it for each page
    good.parent.mkdir(parents=True)
    good.write_text(json.dumps(healthy[0]), encoding="utf-8")
    for number in range(n_files):
        text = damage(rng, rng.choice(healthy))
        bad = folder / "bad" / "20261101T000000Z-nogit-00000b.json"
        bad.parent.mkdir(exist_ok=True)
        for name, (arguments, codes) in commands(bad, good, folder).items():
            bad.write_bytes(text)
            done = runner.invoke(app.app_of([arguments[0]]), [str(one) for one in arguments])
            if done.exit_code not in codes or not isinstance(
                done.exception, (SystemExit, type(None))
            ):
                kept = folder / f"failed-{number}.json"
                kept.write_bytes(text)
                yield f"{name}: {done.exit_code}, {done.exception!r}: {kept}"
        shutil.rmtree(bad.parent)


# Kills.


KILLS = ((signal.SIGKILL,), (signal.SIGTERM,), (signal.SIGINT,), (signal.SIGINT,) * 2)
MEASURED = ("--kernels", "numpy.closed_form", "--batch-sizes", "100", "--cases", "bench_epoch")
MEASURING = (
    (
        "run",
        *MEASURED,
        "--processes",
        "2",
        "--seconds-per-case",
        "0.2",
        "--loaders",
        "inmemory",
    ),
    ("ab", *MEASURED, "--a", "rev=HEAD", "--pairs", "6"),
)


def try_kills(n_kills: int, seed: int, folder: Path) -> Iterator[str]:
    """Kill what measures at any moment, and yield what went wrong."""
    rng = random.Random(seed)
    for number in range(n_kills):
        results, arguments = folder / f"{number % 3}", rng.choice(MEASURING)
        signals, after = rng.choice(KILLS), rng.uniform(0.0, 12.0)
        told = f"{arguments[0]}, {[one.name for one in signals]} after {after:.2f} s"
        for line in _killed([*arguments, "--results", results], signals, after):
            yield f"{told}: {line}"
        for path in results.glob("*.json"):
            try:
                read_run(path)
            except StoreError as error:
                yield f"{told}: {error}"
    for left in folder.glob("*/unfinished/*.jsonl"):
        arguments_of_it = ["run", "--resume", left, "--results", left.parents[1]]
        for line in _killed(arguments_of_it, (), LIMIT_SECONDS):
            yield f"resumed {left}: {line}"


def _killed(
    arguments: list[Any], signals: tuple[signal.Signals, ...], after: float
) -> Iterator[str]:
    """Run a command, and send it signals meanwhile; yield what is wrong with its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        for one in signals:
            process.send_signal(one)
            time.sleep(0.1)
    try:
        _, said = process.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        yield "it hangs"
        return
    # Before the interpreter has come to this program nobody can take a signal.
    codes = {Exit.OK, Exit.UNCLEAR, Exit.USAGE, Exit.INTERRUPTED, *(-one for one in signals)}
    if process.returncode not in codes:
        yield f"exit code {process.returncode}: {said.strip()[-300:]}"
    elif "Traceback" in said and "bench" in said:
        yield f"a traceback: {said.strip()[-300:]}"


def main() -> int:
    """Try as much as is asked for; exit with 1 where something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--damaged", type=int, default=1500)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    asked = parser.parse_args()
    folder, begin, n_wrong = Path(tempfile.mkdtemp()), time.monotonic(), 0
    for kind, tries in (("damaged", try_damaged), ("kills", try_kills)):
        (folder / kind).mkdir()
        for line in tries(getattr(asked, kind), asked.seed, folder / kind):
            print(line, flush=True)  # noqa: T201
            n_wrong += 1
    took = f"{time.monotonic() - begin:.0f} s"
    tried = f"{asked.damaged} damaged files, {asked.kills} kills"
    print(f"seed {asked.seed}: {tried}, {took}: {n_wrong} went wrong.")  # noqa: T201
    if not n_wrong:
        shutil.rmtree(folder)
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
