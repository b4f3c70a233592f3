"""The suite's times beside a plain loop's, in this process in place of a fresh one."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from bench.commands import app
from bench.measure import agreement as measured
from bench.measure.rule import RULE as MEASURING
from bench.run.launcher import EndedError
from bench.run.worker import answer
from bench.selftest import agreement
from bench.selftest.rule import RULE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.plan.tasks import Setting


def check(kernel: str = "numpy.closed_form") -> Result:
    command = ["check", "--kernels", kernel, "--devices", "cpu(0)"]
    return CliRunner(env={"COLUMNS": "160"}).invoke(app.app_of(["check"]), command)


@dataclass
class Here:
    """Answers as a process would."""

    longer: float = 1.0
    fails: bool = False

    def launch(self, setting: Setting) -> Here:
        return self

    def ask(self, request: Mapping[str, Any], limit_seconds: float) -> dict[str, Any]:
        if self.fails:
            raise EndedError("the process ended")
        asked = json.loads(json.dumps(request))
        asked["protocol"]["seconds_per_case"] = 0.01
        told = answer(asked, [])
        if "facts" in told:
            facts = told["facts"]
            facts["plain"] = [[self.longer * 1e-3] * 9 for _ in facts["plain"]]
            facts["suite"] = [[1e-3] * 9 for _ in facts["suite"]]
            facts |= {"empty_seconds": 1e-7, "call_seconds": 1e-8, "sleep_seconds": 1.001e-3}
        return told

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "RULE", replace(RULE, batch_sizes=(100,)))
    small = replace(MEASURING, check_turns=2, check_sleep_rounds=5)
    monkeypatch.setattr(measured, "RULE", small)


@pytest.mark.parametrize(("longer", "code"), [(1.0, 0), (2.0, 1)])
def test_the_command_fails_where_the_two_are_apart(
    monkeypatch: pytest.MonkeyPatch, longer: float, code: int
) -> None:
    monkeypatch.setattr(agreement, "SubprocessLauncher", lambda: Here(longer))
    result = check()
    assert result.exit_code == code, result.output
    assert "numpy.closed_form" in result.output


def test_a_process_that_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "SubprocessLauncher", lambda: Here(fails=True))
    result = check()
    assert result.exit_code == 1
    assert "numpy.closed_form: the process ended" in result.output


def test_a_case_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "SubprocessLauncher", Here)
    monkeypatch.setattr(measured, "plain_loop", lambda *_: 1 / 0)
    result = check()
    assert result.exit_code == 1
    assert "batch size 100: ZeroDivisionError: division by zero" in result.output


def test_a_kernel_that_can_not_run_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "SubprocessLauncher", Here)
    result = check("triton.fused_step")
    assert "not tried: triton.fused_step: " in result.output


def test_each_way_times_the_same_work() -> None:
    """The empty kernel takes less than the one that sleeps for a millisecond."""
    request = {
        "module": "bench_epoch",
        "params": {
            "workload": "airfoil",
            "kernel": "numpy.closed_form",
            "device": "cpu(0)",
            "loader": "inmemory",
            "batch_size": 100,
        },
        "protocol": {"epochs": 2, "seconds_per_case": 0.01},
        "kind": "check",
    }
    facts = answer(request, [])["facts"]
    assert [len(facts[way]) for way in ("suite", "plain")] == [2, 2]
    assert all(
        seconds > 0 for way in ("suite", "plain") for turn in facts[way] for seconds in turn
    )
    assert facts["sleep_seconds"] >= 1e-3
    assert facts["call_seconds"] < facts["sleep_seconds"]
