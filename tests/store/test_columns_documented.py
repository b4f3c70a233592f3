from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.store.schema import CASES, RUNS, Column, fields
from tests.store.documented import README, RECORDS, TABLE, documented

ROOT = Path(__file__).resolve().parents[2]


def test_the_readme_tells_every_field() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(TABLE.findall(text)) == 3
    assert text == documented(text), "run: python -m tests.store.documented"


@pytest.mark.parametrize("columns", [CASES, RUNS])
def test_no_name_is_there_twice(columns: tuple[Column, ...]) -> None:
    assert len({column.name for column in columns}) == len(columns)


def test_every_field_has_a_meaning() -> None:
    for record, _ in RECORDS:
        for field in fields(record):
            assert field.meaning
            assert not field.meaning.endswith(".")


ADDED = '    wobble_seconds: Annotated[Number, "how long it wobbled", "s"] = None\n'
SHOWS = """
import json, sys
import bench
from bench.store.files import StoreError, read_run
from tests.store.documented import documented
from tests.store.made_up_files import own, write
from pathlib import Path

good, bad = own(1), own(1)
good["benchmarks"][0]["extra_info"]["wobble_seconds"] = 0.5
bad["benchmarks"][0]["extra_info"]["wobble_seconds"] = "long"
bad["bench"]["format"] = 1
folder = Path(sys.argv[1])
write(folder / "good.json", good)
write(folder / "bad.json", bad)
assert bench.load(folder / "good.json")["wobble_seconds"].tolist() == [0.5]
read_run(folder / "good.json")
try:
    read_run(folder / "bad.json")
except StoreError as error:
    print(error)
text = documented(Path("results/README.md").read_text(encoding="utf-8"))
assert "| `wobble_seconds` | float64 | s | how long it wobbled |" in text
"""


@pytest.mark.slow
def test_a_new_field_is_one_line_in_one_file(tmp_path: Path) -> None:
    """It is a column, it is in the documents, and it is validated."""
    for folder in ("bench", "kernels", "data", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "results").mkdir()
    shutil.copy(README, tmp_path / "results")
    schema = tmp_path / "bench" / "store" / "schema.py"
    place = '    loss: Annotated[Number, "where the training ended"] = None\n'
    before = schema.read_text(encoding="utf-8")
    assert before.count(place) == 1
    schema.write_text(before.replace(place, place + ADDED), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SHOWS, str(tmp_path / "runs")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "is damaged: Expected `float | null`, got `str`" in done.stdout
    assert "wobble_seconds" in done.stdout
