"""Writes down what every command answers for the committed runs, to compare two trees.

``python -m tests.same_answers FOLDER`` in each tree, then ``diff -r`` of the two folders: rows,
numbers, intervals, marks, warnings, verdicts, exit codes, and the data of charts, which a page
holds. The histories that ``track`` judges are made of a committed run: 24 of it, each scaled at
random, the newest with some cases or all of them slower. It takes a quarter of an hour, most of
it for ``selftest --history``.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from itertools import permutations
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "results" / "reference"
N_RUNS = 24
#: By the name of a history: what the names of the cases hold that take 8% longer in its newest
#: run; None for no case.
SLOWER = {"alike": None, "one-kernel": "nd.fused", "everything": ""}
#: When the answer was given.
TODAY = datetime.now(timezone.utc)
NOW = re.compile(
    rf"{TODAY:%Y-%m-%d}T[0-9:]{{8}}(\\+00:00)?"
    rf"|{TODAY:%Y%m%d}T[0-9]{{6}}Z-nogit-[0-9a-f]{{6}}"
)
FORMS = ("terminal", "json", "md", "github", "junit")


def write_history(folder: Path, name: str) -> None:
    """Write a history whose newest run is as its name says."""
    folder.mkdir(parents=True)
    rng, slower = random.Random(name), SLOWER[name]
    source = (REFERENCE / "20261130T124946Z-70a23e7-26f9ca.json").read_bytes()
    for day in range(1, N_RUNS + 1):
        run = json.loads(source)
        run["datetime"] = f"2026-10-{day:02}T12:00:00+00:00"
        for benchmark in run["benchmarks"]:
            factor, stats = rng.lognormvariate(0, 0.004), benchmark["stats"]
            if day == N_RUNS and slower is not None and slower in benchmark["name"]:
                factor *= 1.08
            stats["data"] = [factor * seconds for seconds in stats["data"]]
            for fact in ("min", "max", "mean", "median", "stddev", "q1", "q3", "iqr", "total"):
                if isinstance(stats.get(fact), float):
                    stats[fact] *= factor
        path = folder / f"202610{day:02}T120000Z-nogit-{day:06x}.json"
        path.write_text(json.dumps(run), encoding="utf-8")


def of_runs() -> dict[str, list[str]]:
    """Return the commands about stored runs, by the name of what they leave."""
    runs = sorted(REFERENCE.glob("*.json"))
    chosen: dict[str, list[str]] = {}
    for run in runs:
        path, name = str(run), run.stem
        chosen[f"report-{name}.html"] = ["report", path, "-o", f"report-{name}.html"]
        chosen[f"report-{name}.md"] = ["report", path, "--format", "md"]
        chosen[f"report-{name}.csv"] = ["report", path, "--format", "csv"]
        chosen[f"ladder-{name}"] = ["report", path, "--format", "ladder"]
        chosen[f"efficiency-{name}"] = ["efficiency", path, "--json"]
        chosen[f"efficiency-why-{name}"] = ["efficiency", path, "--why"]
        chosen[f"advise-{name}"] = ["advise", path, "--json"]
        chosen[f"advise-details-{name}"] = ["advise", path, "--details"]
    for before, now in permutations(runs, 2):
        words = ["compare", str(before), str(now), "--format", "json", "--all"]
        chosen[f"compare-{before.stem}-{now.stem}"] = words
        chosen[f"compare-{before.stem}-{now.stem}--force"] = [*words, "--force"]
    for form in ("md", "html"):
        place = f"report-all.{form}"
        chosen[place] = ["report", *map(str, runs), "--format", form, "-o", place]
    chosen["list"] = ["list", "--preset", "full", "--devices", "cpu(0)", "--json"]
    return chosen


def of_histories(histories: Path) -> dict[str, list[str]]:
    """Return the commands about histories, by the name of what they leave."""
    chosen: dict[str, list[str]] = {}
    for name in SLOWER:
        folder = str(histories / name)
        newest = [str(path) for path in sorted((histories / name).glob("*.json"))[-2:]]
        for form in FORMS:
            written = ["--all", "--format", form]
            chosen[f"track-{name}.{form}"] = ["track", folder, "--no-confirm", *written]
            chosen[f"compare-{name}.{form}"] = ["compare", *newest, *written]
        chosen[f"report-{name}.html"] = ["report", folder, "-o", f"report-{name}.html"]
        chosen[f"report-{name}.md"] = ["report", folder, "--format", "md"]
    return chosen


def of_selftests() -> dict[str, list[str]]:
    """Return the commands about stored self-tests, by the name of what they leave."""
    chosen: dict[str, list[str]] = {}
    for stored in sorted((REFERENCE / "selftest").glob("*.json")):
        option = ["--history"] if "history" in json.loads(stored.read_bytes()) else []
        chosen[f"selftest-{stored.stem}"] = ["selftest", *option, str(stored)]
    return chosen


def write_down(folder: Path, name: str, words: list[str]) -> None:
    """Run a command in the folder, and keep what it answered and how it ended."""
    environment: dict[str, Any] = {"COLUMNS": "160", "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    answer = f"exit {done.returncode}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}"
    for changing in (str(folder), str(ROOT)):
        answer = answer.replace(changing, "…")
    answer = NOW.sub("now", answer)
    (folder / f"{name}.txt").write_text(answer, encoding="utf-8")


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    for name in SLOWER:
        write_history(folder / "histories" / name, name)
    stages = ({**of_runs(), **of_histories(folder / "histories")}, of_selftests())
    for chosen in stages:  # what a self-test stores is told with verdicts from then on
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [pool.submit(write_down, folder, *named) for named in chosen.items()]
        for job in jobs:
            job.result()
    shutil.rmtree(folder / "histories")
    shutil.rmtree(folder / "results")  # what was kept for another time


if __name__ == "__main__":
    main()
