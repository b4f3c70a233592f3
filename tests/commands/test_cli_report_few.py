"""Every form of a report of runs that hold little."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bench.commands import app
from bench.commands.exits import Exit
from bench.commands.report import Format
from bench.store.files import read_run

QUICK = Path(__file__).parents[2] / "results/reference/20261130T124946Z-70a23e7-26f9ca.json"
KEPT: dict[str, Callable[[dict[str, Any]], bool]] = {
    "quick": lambda facts: True,
    "one case": lambda facts: (facts["kernel"], facts.get("batch_size")) == ("nd.bulk", 10),
    "one batch size": lambda facts: facts.get("batch_size") == 10,
    "nothing": lambda facts: False,
}


@pytest.mark.parametrize(
    "form", [Format.HTML, Format.MARKDOWN, Format.CSV, Format.PARQUET, Format.TERMINAL]
)
@pytest.mark.parametrize("kept", KEPT)
def test_every_form_of_little_is_written(kept: str, form: Format, tmp_path: Path) -> None:
    document = read_run(QUICK)
    document["benchmarks"] = [
        one for one in document["benchmarks"] if KEPT[kept](one["extra_info"])
    ]
    path, written = tmp_path / "run.json", tmp_path / "report"
    path.write_text(json.dumps(document))
    asked = ["report", str(path), "--format", form.value, "-o", str(written), "--no-target"]
    done = CliRunner().invoke(app.app_of(["report"]), asked)
    assert done.exit_code == Exit.OK, done.output
    assert written.stat().st_size > 0
    if form in {Format.HTML, Format.TERMINAL, Format.MARKDOWN}:
        text = written.read_text()
        assert "No such" not in text
        assert ("trains fastest" in text) == (kept in {"quick", "one batch size"})
        if kept != "quick":
            assert ("an epoch takes" in text) == (kept != "nothing")


def test_a_page_of_two_runs_opens_with_the_verdict(tmp_path: Path) -> None:
    names = ("20261201T050946Z-76e17e5-7d9d9a.json", "20261201T050947Z-8f03721-3f670a.json")
    runs, page = [str(QUICK.parent / "ab" / name) for name in names], tmp_path / "page.html"
    done = CliRunner().invoke(app.app_of(["report"]), ["report", *runs, "-o", str(page)])
    assert done.exit_code == Exit.OK, done.output
    _, answer = page.read_text().split("The answer</h2>", 1)
    said = re.sub(r"<[^>]+>", "", answer).strip()
    assert said.startswith(
        "Slower, and confirmed: 3 slower (3 confirmed), 1 unclear. Most: bench_"
    )
