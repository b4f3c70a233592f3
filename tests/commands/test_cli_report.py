"""``python -m bench report``: what it writes, and what its exit code says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import bench
from bench.commands import app
from bench.commands.exits import Exit
from bench.report.page.rendering import bundled
from tests.store import made_up_run

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "results" / "reference" / "20261123T005615Z-9a2304b-2160a2.json"


@pytest.fixture(autouse=True, scope="module")
def _script_is_made() -> None:
    """Make the script of the page's charts once, not in a process for each page."""
    bundled()


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app.app_of(["report"]), ["report", *map(str, arguments)])


def stats(data: list[float]) -> dict[str, Any]:
    ordered = sorted(data)
    return {"data": data, "median": ordered[len(data) // 2], "rounds": len(data)}


def document(factor: float = 1.0, day: int = 1, **added: Any) -> dict[str, Any]:
    """A run of this suite, so many times as long."""
    made = made_up_run.document(format=1, **added)
    for number, benchmark in enumerate(made["benchmarks"]):
        data = [factor * (1 + (k + number) % 5 / 100) * 1e-3 for k in range(30)]
        benchmark["stats"] = stats(data)
        benchmark["extra_info"] |= {"backend": "mxnet", "n_samples": 1500}
    return {**made, "datetime": f"2026-11-{day:02}T12:00:00+00:00", "machine_info": {}}


def foreign(name: str = "test_sum", seconds: float = 1.0) -> dict[str, Any]:
    return {
        "machine_info": {"node": "n", "python_version": "3.11"},
        "datetime": "2026-11-01T12:00:00",
        "benchmarks": [{"name": name, "fullname": f"t.py::{name}", "stats": stats([seconds])}],
        "version": "5.3.0",
    }


def written(folder: Path, name: str, made: Mapping[str, Any]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def test_the_newest_run_becomes_a_page(tmp_path: Path) -> None:
    runs = tmp_path / "work" / "results" / "runs"
    written(runs, "20261101T000000Z-nogit-000000.json", document())
    written(runs, "20261102T000000Z-nogit-000000.json", document(day=2))
    result = invoke("--no-target")
    assert result.exit_code == Exit.OK, result.output
    page = (tmp_path / "work" / "results" / "report" / "index.html").read_text()
    assert "20261102T000000Z-nogit-000000.json" in page
    assert "report: results/report/index.html" in result.stderr


def test_without_any_run_it_says_how_to_get_one() -> None:
    result = invoke()
    assert result.exit_code == Exit.USAGE
    assert "measure: tox run -e bench" in result.stderr


@pytest.mark.parametrize("form", ["html", "md", "csv", "parquet"])
def test_a_report_goes_where_it_is_asked_to(tmp_path: Path, form: str) -> None:
    run = written(tmp_path, "run.json", document())
    place = tmp_path / "out" / f"report.{form}"
    result = invoke(run, "--no-target", "--format", form, "--output", place)
    assert result.exit_code == Exit.OK, result.output
    assert place.stat().st_size > 100
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_markdown_and_csv_are_printed(tmp_path: Path) -> None:
    run = written(tmp_path, "run.json", document())
    markdown = invoke(run, "--no-target", "--format", "md")
    assert markdown.stdout.startswith("### Run `run.json`")
    csv = invoke(run, "--no-target", "--format", "csv")
    assert csv.stdout.splitlines()[0].startswith("run,taken,commit,name,")
    assert len(csv.stdout.splitlines()) == 1 + len(document()["benchmarks"])


def test_parquet_holds_what_load_gives(tmp_path: Path) -> None:
    place = tmp_path / "cases.parquet"
    assert invoke(QUICK, "--no-target", "--format", "parquet", "-o", place).exit_code == 0
    loaded = bench.load(QUICK)
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT name, seconds, process_seconds FROM read_parquet(?)", [str(place)]
        ).fetchall()
    assert [row[0] for row in rows] == list(loaded["name"])
    assert [row[1] for row in rows] == list(loaded["seconds"])
    assert len(rows[0][2]) == 3


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_need_no_comparison_and_count_no_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a table needs nothing but the runs")

    monkeypatch.setattr("bench.commands.report.source", refuse)
    runs = [
        written(tmp_path, "a.json", foreign("test_a")),
        written(tmp_path, "b.json", foreign("test_b")),
    ]
    result = invoke(*runs, "--format", form, "-o", tmp_path / "out")
    assert result.exit_code == Exit.OK, result.output


@pytest.mark.slow
def test_figures_are_drawn_as_png_and_svg(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    run = written(tmp_path, "run.json", document())
    result = invoke(run, "--no-target", "--format", "figures", "-o", folder)
    assert result.exit_code == Exit.OK, result.output
    for said in (
        "6 files in",
        "no figure of ladder: A ladder takes four kernels",
        "no figure of roofline: there is no roof without the controls",
        "no figure of target: Times to a target were not asked for",
    ):
        assert said in result.stderr
    names = ("loss-airfoil-cpu0-inmemory", "notebook-cpu0", "speed-airfoil-cpu0-inmemory")
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.{kind}" for name in names for kind in ("png", "svg")
    }


def test_two_runs_stand_side_by_side(tmp_path: Path) -> None:
    runs = [
        written(tmp_path, "a.json", document()),
        written(tmp_path, "b.json", document(2.0, day=2)),
    ]
    result = invoke(*runs, "--format", "md")
    assert result.exit_code == Exit.OK, result.output
    assert "2.00x as long" in result.stdout
    page = tmp_path / "two.html"
    assert invoke(*runs, "-o", page).exit_code == Exit.OK
    assert "Every ratio" in page.read_text()
    turned = invoke(*runs, "--format", "md", "--baseline", "b")
    assert "0.500x as long" in turned.stdout


def test_many_runs_stand_over_time(tmp_path: Path) -> None:
    for day in range(1, 12):
        written(tmp_path / "runs", f"r{day:02}.json", document(1 + day % 3 / 100, day))
    page = tmp_path / "many.html"
    result = invoke(tmp_path / "runs", "-o", page)
    assert result.exit_code == Exit.OK, result.output
    text = page.read_text()
    assert "11 runs over time" in text
    assert '"history": {"cases":' in text


def test_a_foreign_file_gives_a_report_of_what_it_holds(tmp_path: Path) -> None:
    run = written(tmp_path, "0001_other.json", foreign())
    page = tmp_path / "foreign.html"
    assert invoke(run, "-o", page).exit_code == Exit.OK
    assert "t.py::test_sum" in page.read_text()
    assert "test\\_sum" in invoke(run, "--format", "md").stdout.replace(
        "`test_sum`", "test\\_sum"
    )


def test_a_damaged_file_is_named_and_left_out_and_the_code_says_so(tmp_path: Path) -> None:
    good = written(tmp_path, "good.json", document())
    bad = tmp_path / "bad.json"
    bad.write_text(good.read_text()[:500], encoding="utf-8")
    page = tmp_path / "page.html"
    result = invoke(good, bad, "--no-target", "-o", page)
    assert result.exit_code == Exit.FAILED
    assert "WARNING" in result.stderr
    assert str(bad) in result.stderr
    assert "good.json" in page.read_text()


def test_when_every_file_is_damaged_nothing_is_written(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    page = tmp_path / "page.html"
    result = invoke(bad, "-o", page)
    assert result.exit_code == Exit.USAGE
    assert str(bad) in result.stderr
    assert not page.exists()


def test_runs_that_share_nothing_are_not_compared(tmp_path: Path) -> None:
    runs = [
        written(tmp_path, "a.json", foreign("test_a")),
        written(tmp_path, "b.json", foreign("test_b")),
    ]
    result = invoke(*runs)
    assert result.exit_code == Exit.NOTHING
    assert "no case in common" in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--compare", "colour"], "--compare"),
        (["--target", "much"], "--target"),
        (["--format", "docx"], "--format"),
        (["no-such-run.json"], "no-such-run.json"),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, options: list[str], said: str) -> None:
    run = written(tmp_path, "run.json", document())
    result = invoke(run, *options)
    assert result.exit_code == Exit.USAGE
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    run = written(tmp_path, "run.json", document())
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    for form in ("html", "csv", "parquet", "figures"):
        result = invoke(run, "--no-target", "--format", form, "-o", blocked / "deeper" / "r")
        assert result.exit_code == Exit.USAGE, form
        assert "can't be written" in result.stderr


def test_a_page_that_was_there_stays_when_the_new_one_can_not_be_made(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("old", encoding="utf-8")
    invoke(tmp_path / "missing.json", "-o", page)
    assert page.read_text() == "old"


@pytest.mark.slow
def test_ctrl_c_leaves_no_half_written_page(tmp_path: Path) -> None:
    run = written(tmp_path, "run.json", document())
    page = tmp_path / "page.html"
    page.write_text("old", encoding="utf-8")
    # Stopped where the page is made, as a user would.
    code = (
        "import os, signal, sys\n"
        # Ignored, where the tests run in the background of a shell.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import bench.commands.report as report\n"
        "def interrupted(*given):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    signal.pause()\n"
        "report.html = interrupted\n"
        "from bench.commands.app import app_of\n"
        "app_of(['report'])()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "report", str(run), "--no-target", "-o", str(page)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        _, told = process.communicate(timeout=600)
    finally:
        process.kill()
    assert process.returncode == Exit.INTERRUPTED, told
    assert "Interrupted" in told
    assert page.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "run.json", "work"]


def test_one_run_on_two_devices_is_compared_where_that_is_asked(tmp_path: Path) -> None:
    made = document()
    more = [json.loads(json.dumps(one)) for one in made["benchmarks"]]
    for one in more:
        one["extra_info"]["device"] = "gpu(0)"
        one["name"] = one["name"].replace("cpu(0)", "gpu(0)")
        one["stats"] = stats([second / 4 for second in one["stats"]["data"]])
    made["benchmarks"] += more
    run = written(tmp_path, "run.json", made)
    result = invoke(run, "--compare", "device", "--format", "md")
    assert result.exit_code == Exit.OK, result.output
    assert "0.250x as long" in result.stdout


def test_load_gives_a_frame_with_times(tmp_path: Path) -> None:
    table = bench.load(written(tmp_path, "run.json", document()))
    assert isinstance(table, pd.DataFrame)
    assert table["seconds"].between(0.9e-3, 1.1e-3).all()
