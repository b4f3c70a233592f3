"""What bench/README.md says of verdicts is what the program does, and what was measured."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.commands import app
from bench.commands.verdict_options import margins
from bench.compare.paired import Rounds, difference, estimate
from bench.compare.rule import RULE
from bench.stats.verdict import Outcome
from bench.store.files import read_run

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "bench" / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## Has it become slower?")[2].partition("\n## ")[0]
STORED = r"\(\.\./(results/reference/selftest/[\w-]+\.json)\)"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", SECTION, flags=re.DOTALL)


def test_every_command_is_there() -> None:
    named = set(re.findall(r"minibatch-bench (\w+)", SECTION))
    assert {"ab", "compare", "track", "selftest", "report", "run"} <= named
    assert named <= {*app.COMMANDS}
    for one in ("track --baseline", "prune --keep-last", "import .benchmarks"):
        assert f"`{one}" in SECTION


def test_every_option_is_one() -> None:
    for name, text in re.findall(r"(?:minibatch-bench |`)(\w+)((?: [^`\n|]*)?)", SECTION):
        if name not in app.COMMANDS or not text:
            continue
        told = CliRunner().invoke(app.app_of([name]), [name, "--help"], env={"COLUMNS": "250"})
        for option in re.findall(r"(?<= )--[a-z][\w-]*", text.partition(" -- ")[0]):
            assert option in told.output, (name, option)


def test_the_numbers_of_the_rule_are_those_of_the_rule() -> None:
    assert f"after {RULE.most_pairs} pairs or 90 seconds" in SECTION
    assert "looked at after every second pair from the sixth on" in SECTION
    assert (RULE.first_look, RULE.pairs_between_looks) == (6, 2)


@pytest.mark.slow
def test_the_table_of_error_rates_is_that_of_the_stored_samples() -> None:
    part = SECTION.partition("### How often is that wrong?")[2].partition("\n### ")[0]
    names = re.findall(STORED, part)
    assert len(names) == 2
    files = [str(ROOT / name) for name in names]
    done = CliRunner().invoke(app.app_of(["selftest"]), ["selftest", *files])
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    (table,) = [one for one in blocks("text") if one.startswith("rule ")]
    lines = [line for line in table.splitlines() if line]
    assert [line for line in lines if line not in printed] == []
    assert len(lines) >= 9


def test_the_rates_of_track_are_those_that_are_stored() -> None:
    part = SECTION.partition("### A machine over time")[2].partition("\n### ")[0]
    rows = [line for line in part.splitlines() if re.search(rf"^\|.*{STORED}", line)]
    assert len(rows) == 4
    for row in rows:
        (name,) = re.findall(STORED, row)
        history = json.loads((ROOT / name).read_bytes())["history"]
        kinds = history["found, false alarm, wrong cause"]
        told = [kinds["no step"][1], kinds["memory"][0], kinds["one kernel"][0]]
        assert re.findall(r"\| (\d+) of (\d+)", row) == [(str(n), str(of)) for n, of in told]
        (n_runs,) = re.findall(r"(\d+) runs of (?:12|24) processes", row)
        assert len(history["recorded"]["runs"]) == int(n_runs)


def test_the_margins_are_taken_as_they_stand(tmp_path: Path) -> None:
    (block,) = blocks("toml")
    (tmp_path / "pyproject.toml").write_text(block)
    found = margins(folder=tmp_path)
    assert found.of("bench_epoch[airfoil-nd.fused-cpu(0)-inmemory-B10]") == 0.01
    assert found.of("bench_update[numba_parallel-cpu(0)-P5-T1]") == 0.1


def test_every_exit_code_is_told() -> None:
    told = " ".join(SECTION.partition("### In CI")[2].split())
    codes = {int(code) for code in re.findall(r"(?:with |; )(\d+) (?:when|for|after)", told)}
    assert codes == {*map(int, Outcome), 2, 70, 74, 130}


def test_the_quoted_ratios_are_those_of_the_runs_beside_them() -> None:
    """Recomputed from the rounds of both sides, pair by pair."""
    sides = dict(
        re.findall(r"\[`([AB])`\]\(\.\./(results/reference/ab/[\w-]+\.json)\)", SECTION)
    )
    rounds = [_rounds(ROOT / sides[side]) for side in "AB"]
    quoted = re.findall(
        r"^(bench_epoch\[\S+\]) +slower, confirmed +([\d.]+)x", SECTION, re.MULTILINE
    )
    assert len(quoted) == 4
    for name, ratio in quoted:
        first, second = (side[name] for side in rounds)
        differences = [difference(first[pair], second[pair]) for pair in sorted(first)]
        assert f"{estimate(differences).ratio:.3f}" == ratio


def _rounds(path: Path) -> dict[str, dict[int, Rounds]]:
    """Return the rounds of each process of each case, by the number of its pair."""
    found = {}
    for one in read_run(path)["benchmarks"]:
        found[one["name"]] = {
            process["replicate"]: Rounds(
                one["stats"]["data"][slice(*process["rounds"])], process["turns"]
            )
            for process in one["extra_info"]["processes"]
        }
    return found
