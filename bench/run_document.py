"""A finished session as the document of a run file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from bench.suite import Suite


def document_of(
    config: pytest.Config, measuring: Any, asked: Suite, *, interrupted: bool
) -> dict[str, Any]:
    """Return what ``--benchmark-json`` would write, with what this suite adds.

    Parameters
    ----------
    config : pytest.Config
    measuring : BenchmarkSession
        pytest-benchmark's.
    asked : Suite
    interrupted : bool

    Returns
    -------
    dict
        JSON-ready.
    """
    commit_info = config.hook.pytest_benchmark_generate_commit_info(config=config)
    config.hook.pytest_benchmark_update_commit_info(config=config, commit_info=commit_info)
    document: dict[str, Any] = config.hook.pytest_benchmark_generate_json(
        config=config,
        benchmarks=measuring.benchmarks,
        include_data=True,
        machine_info=measuring.get_machine_info(),
        commit_info=commit_info,
    )
    config.hook.pytest_benchmark_update_json(
        config=config, benchmarks=measuring.benchmarks, output_json=document
    )
    command = [os.fspath(argument) for argument in config.invocation_params.args]
    document["bench"] = asked.document(command, interrupted=interrupted)
    return document


def commit_of(document: Mapping[str, Any]) -> str | None:
    """Return the commit that a run was measured at.

    Parameters
    ----------
    document : mapping

    Returns
    -------
    str or None
        None outside a git checkout, where pytest-benchmark has a word instead of a hash.
    """
    commit = str(document["commit_info"].get("id"))
    return commit if re.fullmatch(r"[0-9a-f]{7,64}", commit) else None
