"""``[tool.minibatch-bench]``: defaults of a command's options."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.commands import app
from bench.commands.exits import Exit


def invoked(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        app.invoke(arguments, "minibatch-bench")
    code = ended.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    return tmp_path / "pyproject.toml"


def test_an_option_has_the_default_of_the_table_and_typing_comes_first(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table.write_text('[tool.minibatch-bench.list]\nkernels = "numpy.closed_form"\nids = true\n')
    assert invoked(["list", "--preset", "quick"]) == Exit.OK
    listed = capsys.readouterr().out
    assert "numpy.closed_form-" in listed
    assert "nd.autograd" not in listed
    assert invoked(["list", "--preset", "quick", "--kernels", "nd.autograd"]) == Exit.OK
    assert "numpy.closed_form-" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[tool.minibatch-bench.list]\nkernles = "nd.*"\n', "list has no option 'kernles'"),
        ("[tool.minibatch-bench.lists]\n", "lists is no table of a command's options"),
        ("[tool.minibatch-bench]\nkernels = 1\n", "kernels is no table of a command's options"),
        ("[tool.minibatch-bench]\nlist = 1\n", "list is no table of a command's options"),
        ("[tool.minibatch-bench\n", "is no valid TOML"),
    ],
)
def test_a_wrong_table_is_refused_in_a_sentence(
    table: Path, capsys: pytest.CaptureFixture[str], text: str, named: str
) -> None:
    table.write_text(text)
    assert invoked(["list"]) == Exit.USAGE
    refused = capsys.readouterr().err
    assert refused.startswith("ERROR: ")
    assert named in refused
    assert refused.count("\n") == 1


def listed_by_pytest(folder: Path, *arguments: str) -> str:
    measured = ("--benchmark-only", "--pyargs", "bench.cases.bench_epoch", "--collect-only")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *measured, *arguments],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode in {Exit.OK, pytest.ExitCode.USAGE_ERROR}, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_pytest_takes_its_defaults_from_the_table(table: Path) -> None:
    table.write_text(
        '[tool.minibatch-bench.pytest]\nkernel = "numpy.closed_form"\nbatch-sizes = [10, 20]\n'
        'loaders = "inmemory"\nkernel-folder = "mine"\nfigures = true\n'
    )
    mine = table.with_name("below") / "mine"
    mine.mkdir()
    case = re.compile(r"bench_epoch\[airfoil-numpy\.closed_form-cpu\(0\)-inmemory-(B\d+)\]")
    assert case.findall(listed_by_pytest(mine.parent)) == ["B10", "B20"]
    typed = listed_by_pytest(mine.parent, "--batch-sizes", "100")
    assert case.findall(typed) == ["B100"]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('kernles = "nd.*"', "tool.minibatch-bench.pytest has no option 'kernles'"),
        ('figures = "yes"', "--tf32 and --figures alone are true or false"),
        ("kernels = true", "--tf32 and --figures alone are true or false"),
        ('kernels = "nd.autgrad"', "did you mean nd.autograd?"),
    ],
)
def test_pytest_refuses_a_wrong_table_in_a_sentence(table: Path, line: str, named: str) -> None:
    table.write_text(f"[tool.minibatch-bench.pytest]\n{line}\n")
    said = listed_by_pytest(table.parent)
    assert "ERROR: " in said
    assert named in said
    assert "Traceback" not in said


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoked(["--version"]) == Exit.OK
    assert capsys.readouterr().out.startswith("minibatch-bench ")


@pytest.mark.parametrize(
    ("line", "completed"), [("minibatch-bench rep", "report"), ("x report --form", "--format")]
)
def test_a_shell_completes_commands_and_options(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: str,
    completed: str,
) -> None:
    monkeypatch.setenv("_MINIBATCH_BENCH_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    assert invoked([]) == Exit.OK
    assert completed in capsys.readouterr().out
