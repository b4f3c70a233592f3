"""``python -m bench track``: what it says of made-up histories, and its exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.commands import track
from bench.commands.exits import Exit
from bench.history.reading import NotConfirmedError
from bench.history.rule import RULE
from tests.commands.on_command_line import invoke, told
from tests.history.stored_history import (
    CONTROLS,
    FINGERPRINT,
    NAMES,
    document,
    factors,
    history,
    is_kernel,
    is_memory,
    store,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: What is measured again beside whatever is.
OF_CLOCK = {name for name in CONTROLS if not is_memory(name)}


def confirmed_by(monkeypatch: pytest.MonkeyPatch, path: Callable[[], Path]) -> list[set[str]]:
    """Let a made-up run stand for what is measured again; return what was asked for."""
    asked: list[set[str]] = []

    def made(run: Path) -> Any:
        def again(_: object, names: Any) -> Path:
            asked.append(set(names))
            return path()

        return again

    monkeypatch.setattr(track, "_remeasure", made)
    return asked


def test_a_machine_as_it_was_exits_with_0(tmp_path: Path) -> None:
    found = told(history(tmp_path, 20), "--margin", "5")
    assert found["exit"] == Exit.OK
    assert {one["verdict"] for one in found["by_name"].values()} == {"same"}
    assert len(found["cases"]) == 6
    assert {"machine: memory", "machine: cache"} <= set(found["by_name"])


def test_slower_code_is_confirmed_by_measuring_again_and_exits_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = history(tmp_path / "runs", 12, is_kernel, 0.06, since=11)
    anew = store(tmp_path / "again", 13, document(13, factors(13, is_kernel, 0.06)))
    asked = confirmed_by(monkeypatch, lambda: anew)
    found = told(run)
    assert found["exit"] == Exit.FAILED
    cases = [one for name, one in found["by_name"].items() if is_kernel(name)]
    assert {(one["verdict"], one["confirmed"], one["cause"]) for one in cases} == {
        ("slower", True, "code")
    }
    assert asked == [{one["name"] for one in cases} | OF_CLOCK] * RULE.repetitions
    others = [one for name, one in found["by_name"].items() if not is_kernel(name)]
    assert not any(one["verdict"] == "slower" for one in others)


def test_slower_memory_is_the_machine_s_and_its_controls_are_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = history(tmp_path / "runs", 12, is_memory, 0.06, since=11)
    anew = store(tmp_path / "again", 13, document(13, factors(13, is_memory, 0.06)))
    asked = confirmed_by(monkeypatch, lambda: anew)
    found = told(run)
    assert found["exit"] == Exit.FAILED
    slower = [name for name, one in found["by_name"].items() if one["verdict"] == "slower"]
    assert slower == ["machine: memory"]
    assert asked == [{name for name in NAMES if is_memory(name)} | OF_CLOCK] * RULE.repetitions


def test_what_a_fresh_measurement_does_not_show_is_unconfirmed_and_exits_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = history(tmp_path / "runs", 12, is_kernel, 0.06, since=12)
    anew = store(tmp_path / "again", 13, document(13, factors(13)))
    asked = confirmed_by(monkeypatch, lambda: anew)
    found = told(run)
    assert found["exit"] == Exit.UNCLEAR
    assert any(one["verdict"] == "slower" for one in found["cases"])
    assert not any(one["confirmed"] for one in found["cases"])
    assert len(asked) == 1


def test_what_no_longer_shows_it_the_third_time_is_unconfirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = history(tmp_path / "runs", 12, is_kernel, 0.06, since=11)
    slow = store(tmp_path / "again", 13, document(13, factors(13, is_kernel, 0.06)))
    fast = store(tmp_path / "again", 14, document(14, factors(14)))
    paths = iter([slow, slow, fast])
    asked = confirmed_by(monkeypatch, lambda: next(paths))
    found = told(run)
    assert found["exit"] == Exit.UNCLEAR
    assert len(asked) == RULE.repetitions
    assert sum(one["verdict"] == "slower" for one in found["cases"]) == 3
    assert not any(one["confirmed"] for one in found["cases"])
    (warning,) = [one for one in found["warnings"] if "measured again" in one]
    assert warning.count(str(slow)) == 2
    assert str(fast) in warning


def test_several_of_the_last_runs_confirm_each_other_where_nothing_is_measured_again(
    tmp_path: Path,
) -> None:
    for n_runs, enough in ((12, 3), (44, 2)):
        for n_slower in (enough - 1, enough):
            folder = tmp_path / f"{n_runs} {n_slower}"
            run = history(folder, n_runs, is_kernel, 0.05, since=n_runs + 1 - n_slower)
            found = told(run, "--no-confirm")
            assert sum(one["verdict"] == "slower" for one in found["cases"]) == 3
            confirmed = n_slower == enough
            assert sum(one["confirmed"] for one in found["cases"]) == 3 * confirmed
            assert found["exit"] == (Exit.FAILED if confirmed else Exit.UNCLEAR)


def test_another_machine_s_run_is_not_measured_again_here(tmp_path: Path) -> None:
    run = history(tmp_path, 12, is_kernel, 0.06, since=12)
    result = invoke(run)
    assert result.exit_code == Exit.UNCLEAR
    assert "can't be measured again here" in result.output
    assert not (tmp_path / "confirmations").exists()


def test_too_few_earlier_runs_say_so_and_exit_with_3(tmp_path: Path) -> None:
    found = told(history(tmp_path, 5))
    assert found["exit"] == Exit.UNCLEAR
    assert {one["verdict"] for one in found["by_name"].values()} == {"unclear"}
    assert "only 4 runs before" in found["cases"][0]["reason"]


def test_a_case_that_is_missing_today_is_never_fine(tmp_path: Path) -> None:
    history(tmp_path, 20)
    (name, *_) = NAMES
    left = {one: value for one, value in factors(21).items() if one != name}
    content = document(21, left)
    content["bench"]["skipped"] = [{"id": name, "params": {}, "reason": "no such library."}]
    found = told(store(tmp_path, 21, content), "--margin", "5")
    assert found["exit"] == Exit.UNCLEAR
    assert found["by_name"][name]["verdict"] == "not comparable"
    assert "no such library" in found["by_name"][name]["reason"]


def test_an_empty_run_exits_with_4(tmp_path: Path) -> None:
    history(tmp_path, 8)
    assert told(store(tmp_path, 9, document(9, {})))["exit"] == Exit.NOTHING


def test_a_run_of_another_machine_alone_is_new_and_exits_with_4(tmp_path: Path) -> None:
    history(tmp_path, 8)
    other = document(9, factors(9), node="another")
    found = told(store(tmp_path, 9, other))
    assert found["exit"] == Exit.NOTHING
    assert set(found["added"]) == set(NAMES)
    assert "8 runs of other machines were left aside." in found["warnings"]
    assert told(tmp_path / "run-009.json", "--any-node", "--margin", "9")["exit"] == Exit.OK


def test_a_damaged_file_is_named_and_left_where_it_is(tmp_path: Path) -> None:
    run = history(tmp_path, 20)
    damaged = tmp_path / "run-000.json"
    damaged.write_text("{")
    found = told(run, "--margin", "5")
    assert found["exit"] == Exit.OK
    assert any(str(damaged) in one for one in found["warnings"])
    assert damaged.read_text() == "{"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.json"], "can't be read"),
        (["a.json", "b.json"], "unexpected extra argument"),
        (["--margin", "-1"], "--margin"),
        (["--format", "xml"], "xml"),
        (["--baseline", "missing.json"], "missing.json"),
    ],
)
def test_a_wrong_option_exits_with_2_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    history(tmp_path / "results" / "runs", 2)
    monkeypatch.chdir(tmp_path)
    result = invoke(*arguments)
    assert result.exit_code == Exit.USAGE
    assert message in result.output
    assert "Traceback" not in result.output


def test_runs_of_other_suites_are_tracked_too(tmp_path: Path) -> None:
    for day in range(1, 13):
        content = document(day, {})
        del content["bench"]
        content["machine_info"] = {"node": "one", "cpu": {"brand_raw": "A processor"}}
        seconds = 1e-3 * (1 + 0.002 * (day % 3)) * (1.2 if day > 9 else 1)
        content["benchmarks"] = [
            {
                "name": "test_it",
                "fullname": "tests/test_it.py::test_it",
                "stats": {"median": seconds, "data": [seconds] * 7, "rounds": 7},
            }
        ]
        run = store(tmp_path, day, content)
    found = told(run)
    assert found["exit"] == Exit.FAILED
    assert found["by_name"]["tests/test_it.py::test_it"]["confirmed"]


def test_ctrl_c_while_measuring_again_exits_with_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> Path:
        raise KeyboardInterrupt

    run = history(tmp_path, 12, is_kernel, 0.06, since=12)
    confirmed_by(monkeypatch, interrupted)
    assert invoke(run).exit_code == Exit.INTERRUPTED


def test_a_library_that_a_case_does_not_use_starts_no_new_series(tmp_path: Path) -> None:
    history(tmp_path, 20)
    backends = {**FINGERPRINT["backends"], "mxnet": {"mxnet": "2.0"}, "torch": {"torch": "2.6"}}
    content = document(21, factors(21), {**FINGERPRINT, "backends": backends})
    found = told(store(tmp_path, 21, content), "--margin", "5")
    verdicts = {
        kernel: {one["verdict"] for name, one in found["by_name"].items() if kernel in name}
        for kernel in ("numpy.closed_form", "nd.fused")
    }
    assert verdicts == {"numpy.closed_form": {"same"}, "nd.fused": {"unclear"}}
    told_why = next(one for one in found["cases"] if "nd.fused" in one["name"])["reason"]
    assert "backends.mxnet.mxnet: 1.9.1 before, 2.0 now" in told_why


def test_runs_before_a_new_version_are_no_history_of_its_cases(tmp_path: Path) -> None:
    history(tmp_path, 20)
    backends = {**FINGERPRINT["backends"], "mxnet": {"mxnet": "2.0"}}
    for day in (21, 22, 23):
        content = document(day, factors(day), {**FINGERPRINT, "backends": backends})
        run = store(tmp_path, day, content)
    found = told(run, "--margin", "5")
    reasons = {one["reason"] for one in found["cases"] if "nd.fused" in one["name"]}
    assert len(reasons) == 1
    assert "only 2 runs before" in reasons.pop()


def test_what_cannot_be_confirmed_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(run: Path) -> Any:
        def again(_: object, names: Any) -> Path:
            raise NotConfirmedError("this is commit x, and the run was of another")

        return again

    monkeypatch.setattr(track, "_remeasure", made)
    found = told(history(tmp_path, 12, is_kernel, 0.06, since=12))
    assert any("this is commit x" in one for one in found["warnings"])
