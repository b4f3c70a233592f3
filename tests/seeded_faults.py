"""Forty faults that the tests are rated by: each replaces a piece of the program's text.

``python -m tests.seeded_faults [NAME ...] [--coverage FILE] [-- PYTEST ARGUMENT ...]`` copies
the tracked files, puts one fault at a time into a copy, runs pytest there, and prints whether
a test failed. It exits with 1 if a fault was not caught. With a coverage file that has contexts
(``tox run -e coverage``), the tests that execute the faulty lines are run first.

The faults were chosen from the program alone, without a look at the tests. Each is found by its
text, which occurs once in the program, so a fault stays the same when its file moves; whoever
rewrites the text rewrites the fault with it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
SUFFIXES = {".py", ".js", ".html", ".cu"}


@dataclass(frozen=True)
class Fault:
    """A replacement of text that makes the program wrong.

    Attributes
    ----------
    name : str
    effect : str
        What is wrong then.
    old, new : str
    """

    name: str
    effect: str
    old: str
    new: str


FAULTS = (
    Fault(
        "round-ends-before-drain",
        "A round ends before the device is drained.",
        old="""\
        enqueued = instruments.clock()
        drain()
""",
        new="""\
        enqueued = instruments.clock()
""",
    ),
    Fault(
        "sides-take-no-turns",
        "A round of a comparison begins without waiting for its turn.",
        old="""\
        self.drain()
        if self.instruments.wait_turn is not None:
            self.instruments.wait_turn()
""",
        new="""\
        self.drain()
""",
    ),
    Fault(
        "gate-takes-wider-tolerance",
        "The gate allows the larger of its two tolerances instead of the smaller.",
        old="    tolerance = min(explained, largest)",
        new="    tolerance = max(explained, largest)",
    ),
    Fault(
        "no-lead-in-above-a-millisecond",
        "Work of one to five milliseconds is not done before the clock starts.",
        old="    return Calibration(iterations, min(most, math.ceil(RULE.lead_in_seconds ",
        new="    return Calibration(iterations, min(most, int(RULE.lead_in_seconds ",
    ),
    Fault(
        "own-threads-count-as-others",
        "Threads of this process that push each other aside count as a disturbance.",
        old="        others_ran = max(0.0, own - (ran - ran_before))",
        new="        others_ran = max(0.0, (ran - ran_before) - own)",
    ),
    Fault(
        "memory-is-not-rounded",
        "The memory in the fingerprint is not rounded, so each boot may be another machine.",
        old="""\
        "memory_bytes": round(machine.memory().total / step) * step,
""",
        new="""\
        "memory_bytes": machine.memory().total,
""",
    ),
    Fault(
        "half-line-stays-in-journal",
        "A half-written line stays in the journal when its run goes on.",
        old="""\
        # A line that a dying process left half-written would swallow the next one.
        os.ftruncate(self._file, _whole(path.read_bytes()))
""",
        new="",
    ),
    Fault(
        "marks-keep-their-numbers",
        "Disturbed rounds of later processes are not renumbered when processes are merged.",
        old="""\
            marks.setdefault(reason, []).extend(begin + number for number in numbers)
""",
        new="""\
            marks.setdefault(reason, []).extend(numbers)
""",
    ),
    Fault(
        "harmed-process-goes-on",
        "A process in which a case raised an error or ran out of memory measures the next one.",
        old="                if outcome.cause not in (None, Cause.WRONG):",
        new="                if outcome.cause in (Cause.CRASH, Cause.HANG):",
    ),
    Fault(
        "newest-run-is-not-sorted",
        "The newest run is whichever the file system lists last.",
        old="    newest_first = sorted(files, key=lambda one: one.name, reverse=True)",
        new="    newest_first = files",
    ),
    Fault(
        "run-is-named-before-flushed",
        "A run gets its name before it is flushed to the disk.",
        old="""\
            _flush(part)
            return _link(part, folder, commit)
""",
        new="""\
            part.chmod(0o644)
            return _link(part, folder, commit)
""",
    ),
    Fault(
        "fewer-runs-than-kept-are-pruned",
        "Where there are fewer runs than are to be kept, some of them are removed.",
        old="        return list(oldest_first[: max(len(oldest_first) - rule.last, 0)])",
        new="        return list(oldest_first[: len(oldest_first) - rule.last])",
    ),
    Fault(
        "cases-are-fetched-by-place",
        "Runs from the index come in the order in which they were added, under other names.",
        old="    return {source: numbers.get(source) for source in sources}",
        new="    return dict(zip(sources, sorted(numbers.values())))",
    ),
    Fault(
        "damage-found-elsewhere-is-lost",
        "Damaged files are left out of what the index gives, and are not reported.",
        old="            damaged.update(run.damaged)",
        new="            damaged.update(dict.fromkeys([]))",
    ),
    Fault(
        "bets-are-not-fair",
        "A bet on a pair is not fair: it may win more than it loses.",
        old="    bets = RULE.largest_bet * np.tanh(np.multiply.outer(RULE.stakes, beyond))",
        new="    bets = RULE.largest_bet * np.tanh(np.multiply.outer(RULE.stakes, beyond) + 1)",
    ),
    Fault(
        "one-repetition-confirms",
        "What is flagged counts as shown again where any repetition shows it, not each.",
        old="            says = np.all(sign * anew >= least, axis=0)",
        new="            says = np.any(sign * anew >= least, axis=0)",
    ),
    Fault(
        "drift-is-too-sure",
        "Runs that are alike make the interval of a drift narrower instead of wider.",
        old="    widening = np.sqrt((1 + rho) / (1 - rho))",
        new="    widening = np.sqrt((1 - rho) / (1 + rho))",
    ),
    Fault(
        "no-warning-of-uncommitted-changes",
        "Nobody is warned that a run's code had changes that no commit holds.",
        old="    *(_too_narrow, _no_interval, _dirty, _silent, _sharing_nothing, _doubled),",
        new="    *(_too_narrow, _no_interval, _silent, _sharing_nothing, _doubled),",
    ),
    Fault(
        "interrupted-newest-is-passed-over",
        "Where the newest run was interrupted, the one before is judged in its place.",
        old="""\
    kept[-1] = True
    sound = runs[kept].reset_index(drop=True)
""",
        new="""\
    sound = runs[kept].reset_index(drop=True)
""",
    ),
    Fault(
        "plateau-doubles-n-half",
        "Of a step with a plateau the batch size at half of the rate is twice too large.",
        old="        price = np.maximum(self.a, self.plateau_seconds / 2)",
        new="        price = np.maximum(self.a, self.plateau_seconds)",
    ),
    Fault(
        "short-step-is-not-counted",
        "The short last step of an epoch is not counted.",
        old="""\
    of_an_epoch = -(-column(cases, "n_samples") // column(cases, "batch_size"))
""",
        new="""\
    of_an_epoch = column(cases, "n_samples") // column(cases, "batch_size")
""",
    ),
    Fault(
        "poor-takes-two-reasons",
        "A run is poor only where both untrusted cases and disturbed rounds are too many.",
        old="        if self.interrupted or max(untrusted, disturbed) > RULE.max_bad_share:",
        new="        if self.interrupted or min(untrusted, disturbed) > RULE.max_bad_share:",
    ),
    Fault(
        "settings-do-not-refuse",
        "Runs with other settings, such as threads, are compared as if they were the same.",
        old="""\
REFUSING = (facts.HARDWARE, facts.SOFTWARE, facts.SETTING, facts.PRECISION, facts.OTHER)
""",
        new="""\
REFUSING = (facts.HARDWARE, facts.SOFTWARE, facts.PRECISION, facts.OTHER)
""",
    ),
    Fault(
        "unreadable-list-of-pins-is-empty",
        "Where the list of pinned runs can't be read, none is pinned.",
        old="""\
        lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
""",
        new="""\
        lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
""",
    ),
    Fault(
        "first-side-is-always-first",
        "The same side is made ready, and measures, first in every pair.",
        old="""\
                said = visit(partners, requests, RULE.line_seconds, number % 2)
""",
        new="""\
                said = visit(partners, requests, RULE.line_seconds)
""",
    ),
    Fault(
        "smallest-change-is-listed-first",
        "Of cases with one verdict those that changed least are listed first.",
        old="        return ORDER.index(one.verdict), not one.confirmed, -change",
        new="        return ORDER.index(one.verdict), not one.confirmed, change",
    ),
    Fault(
        "band-is-drawn-twice-as-wide",
        "The band in which a run was to be expected is drawn twice as wide.",
        old="""\
    band = np.log(table["high"] / table["low"]) / 2
""",
        new="""\
    band = np.log(table["high"] / table["low"])
""",
    ),
    Fault(
        "faster-steps-come-last",
        "The largest steps of the last run are the slower ones; faster ones come last.",
        old="""\
    apart = np.abs(np.log(cases["ratio"].to_numpy(dtype=float)))
""",
        new="""\
    apart = np.log(cases["ratio"].to_numpy(dtype=float))
""",
    ),
    Fault(
        "empty-cells-sort-first",
        "Rows without a number come first in a table of the page that is sorted by it.",
        old="      if (a === null || b === null) return (a === null) - (b === null);",
        new="      if (a === null || b === null) return (b === null) - (a === null);",
    ),
    Fault(
        "report-ignores-its-target",
        "A report finds batch sizes for the usual target, whatever was asked for.",
        old="""\
        return reading.find(reading.rows_of([document]), asked.tolerance, (), tell), ""
""",
        new="""\
        return reading.find(reading.rows_of([document]), Asked.tolerance, (), tell), ""
""",
    ),
    Fault(
        "named-batch-sizes-are-left-out",
        "Batch sizes that an option names are left out where they make an epoch long.",
        old="""\
        if self.most_steps is None or "batch_size" in self.narrowed:
""",
        new="""\
        if self.most_steps is None:
""",
    ),
    Fault(
        "interrupted-ab-exits-as-complete",
        "A comparison that was interrupted exits with what its verdicts come to so far.",
        old="""\
    raise typer.Exit(found.judgement.outcome if found.complete else Exit.INTERRUPTED)
""",
        new="""\
    raise typer.Exit(found.judgement.outcome)
""",
    ),
    Fault(
        "unsaved-session-exits-with-zero",
        "A session of pytest whose run can't be saved ends as if all was well.",
        old="""\
        config.stash[PROBLEM] = str(error)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
""",
        new="""\
        config.stash[PROBLEM] = str(error)
""",
    ),
    Fault(
        "steps-from-the-tuning-seeds",
        "Steps are counted with the seeds that chose the learning rate.",
        old="    seeds = tuple(seed + len(tuned.seeds) for seed in tuned.seeds)",
        new="    seeds = tuned.seeds",
    ),
    Fault(
        "momentum-is-advised-as-plain",
        "The steps of a kernel with momentum are counted with plain SGD.",
        old="""\
        sampling="sequential" if lies else axis.sampling,  # type: ignore[arg-type]
        rule=rule_of(row),
""",
        new="""\
        sampling="sequential" if lies else axis.sampling,  # type: ignore[arg-type]
""",
    ),
    Fault(
        "last-sample-is-never-drawn",
        "With replacement the last sample is never drawn.",
        old="    return rng.integers(0, n_samples, size=n_samples)",
        new="    return rng.integers(0, n_samples - 1, size=n_samples)",
    ),
    Fault(
        "momentum-keeps-the-plain-rate",
        "The learning rate is not lowered for momentum.",
        old="        return (1.0 - self.momentum) * eta",
        new="        return eta",
    ),
    Fault(
        "broken-library-ends-the-program",
        "A library whose import fails otherwise than by ImportError ends the program.",
        old="""\
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises
""",
        new="""\
    except ImportError as error:
""",
    ),
    Fault(
        "update-kernel-replaces-another",
        "An update kernel silently replaces another one of its name.",
        old="            _check(path, kernel, {*train, *update})",
        new="            _check(path, kernel, {*train})",
    ),
    Fault(
        "standardised-over-the-samples-alone",
        "The airfoil data are standardised over the rows used, not over all measurements.",
        old="""\
    table = _read(path or FILE)
    standardised = ((table - table.mean(axis=0)) / table.std(axis=0))[:N_SAMPLES]
""",
        new="""\
    table = _read(path or FILE)[:N_SAMPLES]
    standardised = (table - table.mean(axis=0)) / table.std(axis=0)
""",
    ),
)


def tracked() -> list[str]:
    """Return the paths of the tracked files, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.splitlines()


def copy_of_the_tree(folder: Path) -> Path:
    """Copy the tracked files into a folder of its own."""
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


def place_of(fault: Fault) -> str:
    """Return the only file of the program that holds a fault's text.

    Raises
    ------
    ValueError
        When it stands in no file or in several.
    """
    program = [
        name
        for name in tracked()
        if name.startswith(("bench/", "kernels/", "data/")) and Path(name).suffix in SUFFIXES
    ]
    places = [
        name
        for name in program
        for _ in range((ROOT / name).read_text(encoding="utf-8").count(fault.old))
    ]
    if len(places) != 1:
        raise ValueError(f"{fault.name}: its text occurs {len(places)} times, not once")
    return places[0]


def reaching(fault: Fault, coverage_file: Path) -> list[str]:
    """Return the ids of the tests that execute a fault's lines; none where it isn't known."""
    from coverage import CoverageData  # noqa: PLC0415 - only this option needs it

    place = place_of(fault)
    before, _, _ = (ROOT / place).read_text(encoding="utf-8").partition(fault.old)
    first = before.count("\n") + 1
    lines = range(first, first + fault.old.rstrip("\n").count("\n") + 1)
    measured = CoverageData(str(coverage_file))
    measured.read()
    ids = set()
    for file in measured.measured_files():
        if not file.endswith(place):
            continue
        for line, contexts in measured.contexts_by_lineno(file).items():
            if line in lines:
                ids |= {context.rpartition("|")[0] or context for context in contexts}
    return sorted(ids - {""})


def first_failure(folder: Path, fault: Fault, arguments: list[str]) -> str:
    """Run pytest on a copy of the program that has a fault.

    Returns
    -------
    str
        The line that names the first test that failed, empty if none did.

    Raises
    ------
    RuntimeError
        When pytest ended otherwise than by its tests.
    """
    path = folder / place_of(fault)
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound.replace(fault.old, fault.new), encoding="utf-8")
    options = ["-c", "pyproject.toml", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        path.write_text(sound, encoding="utf-8")
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if done.returncode not in {0, 1, 5}:
        raise RuntimeError(f"{fault.name}: pytest ended with {done.returncode}\n{done.stdout}")
    return failed[0] if failed else ""


def main() -> int:
    """Put in each fault that is asked for, and print what became of it."""
    mark = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="faults; all if none is named")
    parser.add_argument(
        "--coverage", type=Path, metavar="FILE", help="run what reaches a fault first"
    )
    asked, given = parser.parse_args(sys.argv[1:mark]), sys.argv[mark + 1 :]
    faults = [one for one in FAULTS if not asked.names or one.name in asked.names]
    missed = 0
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(os.cpu_count()) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(os.cpu_count() or 1):
            copies.put(copy_of_the_tree(Path(temporary) / str(number)))

        def rated(fault: Fault) -> str:
            copy = copies.get()
            try:
                tests = reaching(fault, asked.coverage) if asked.coverage else []
                # Lines that are executed at import are not known to belong to any test.
                return (tests and first_failure(copy, fault, [*given, *tests])) or (
                    first_failure(copy, fault, given)
                )
            finally:
                copies.put(copy)

        for fault, failure in zip(faults, pool.map(rated, faults), strict=True):
            missed += not failure
            print(f"{'caught' if failure else 'MISSED'}  {fault.name}  {failure}", flush=True)  # noqa: T201
    print(f"{len(faults) - missed} of {len(faults)} caught")  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
