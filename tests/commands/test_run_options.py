"""Wrong options of ``python -m bench run``, which are refused before anything is started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from bench.commands import app
from bench.commands.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--processes", "0"), "--processes: '0' is not allowed"),
        (("--cases", "nothing"), "--cases: 'nothing' is no case"),
        (("--precision", "99"), "--precision: '99' is not allowed"),
        (("--threads", "x"), "--threads: 'x' is not allowed"),
        (("--pin", "9999"), "--pin: '9999' is not allowed; give CPUs"),
        (("--order-seed", "-1"), "--order-seed: '-1' is not allowed"),
        (("somewhere.jsonl",), "give --resume before it"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_exit_code_2(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    (kernels := tmp_path / "kernels").mkdir()
    given = ["run", "--kernel-folder", str(kernels), "--results", str(tmp_path), *words]
    result = CliRunner().invoke(app.app_of(["run"]), given)
    assert result.exit_code == Exit.USAGE
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == ["kernels"]  # noqa: PTH208 - names are enough
