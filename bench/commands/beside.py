"""Options and plugins beside the suite: what would do nothing, be timed too, or lose a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.storage.file import FileStorage

from bench.plan.values import SelectionError
from bench.store import files

#: Options of pytest-benchmark that don't reach what this suite measures, and the remedy.
INSTEAD = {
    "min_rounds precision confidence min_time max_time": (
        "give --precision or --seconds-per-case"
    ),
    "warmup warmup_iterations calibration_precision": (
        "leave it out: a case is warmed up until its times have settled"
    ),
    "cprofile cprofile_loops cprofile_top cprofile_dump": (
        "leave it out: what is profiled takes longer"
    ),
    "timer": "leave it out: the suite reads time.perf_counter",
}
#: Those of its tables.
OF_TABLES = "histogram sort columns group_by name time_unit"
#: Options of other plugins, and what they are where nobody gave them.
NOT_BESIDE: dict[str, object] = {"--codspeed": False, "--count": 1}
NOT_BESIDE |= dict.fromkeys(("-n", "--force-reruns", "--reruns"))
#: pytest-benchmark's ways of grouping, beside ``param:NAME``.
GROUPINGS = {"group", "name", "func", "fullname", "fullfunc", "param"}


def refuse_ignored(config: pytest.Config, *, of_tables: bool) -> None:
    """Refuse options of pytest-benchmark that would be taken and do nothing."""
    given, usual = vars(config.option), vars(config._parser.parse_known_args([]))
    typed = {one.partition("=")[0] for one in config.invocation_params.args}
    tables = {OF_TABLES: "give --tables pytest-benchmark too"} if of_tables else {}
    for names, remedy in (INSTEAD | tables).items():
        for name in (f"benchmark_{one}" for one in names.split()):
            told = f"--{name.replace('_', '-')}"
            if given[name] != usual[name] or told in typed:
                raise pytest.UsageError(f"{told} does nothing here; {remedy}.")


def keep_others_out(config: pytest.Config) -> None:
    """Refuse options of other plugins that change what is timed; keep the order of the cases.

    What a project's settings ask of them, for its tests, is left undone for the cases.
    """
    timed = not config.getoption("benchmark_disable") or config.getoption("--codspeed", False)
    for flag_, default in NOT_BESIDE.items():
        if timed and config.getoption(flag_, default) not in (default, None, 0):
            raise SelectionError(
                f"{flag_} does not go with timing: each case is timed once, in this process, "
                f"by this suite alone. Leave it out."
            )
    if "CODSPEED_ENV" in os.environ and hasattr(config.option, "codspeed"):
        raise SelectionError(
            "pytest-codspeed does not go with timing: `-p no:codspeed` leaves it out."
        )
    config.option.randomly_reorganize = config.option.randomly_reset_seed = False
    config.option.reruns = 0


def check_what_follows(config: pytest.Config, cases: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse before measuring what would fail after it."""
    after, measuring = config.option, config._benchmarksession  # type: ignore[attr-defined]
    if measuring.disabled:
        return
    for part in after.benchmark_group_by.split(","):
        kind, _, name = part.partition(":")
        if part not in GROUPINGS and kind != "param":
            raise pytest.UsageError(
                f"--benchmark-group-by: '{part}' is no grouping; there are: "
                f"{', '.join(sorted(GROUPINGS))}, param:NAME."
            )
        lacking = [case for case, params in cases.items() if name and name not in params]
        if lacking:
            raise pytest.UsageError(
                f"--benchmark-group-by: {lacking[0]} has no {name}; name only what every case "
                f"has, or choose the cases that have it."
            )
    if after.benchmark_compare_fail and not measuring.compared_mapping:
        raise pytest.UsageError(
            "--benchmark-compare-fail: there is no stored run to compare with; save one with "
            "--benchmark-autosave, and name it with --benchmark-compare."
        )
    saved = after.benchmark_save or after.benchmark_autosave
    path = after.benchmark_json
    try:
        files.check_writable(results_of(config), "--results")
        if saved and isinstance(measuring.storage, FileStorage):
            files.check_writable(measuring.storage.path, "--benchmark-storage")
        if path is not None:
            files.check_writable(path.parent, "--benchmark-json")
    except files.StoreError as error:
        raise pytest.UsageError(str(error)) from error
    if path is not None and path.is_dir():
        raise pytest.UsageError(f"--benchmark-json: {path} is a folder; name a file.")


def results_of(config: pytest.Config) -> Path:
    """Return the folder that the run file goes to."""
    folder: Path = config.getoption("results") or config.rootpath / files.RUNS
    return folder
