from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench.run import checkout
from bench.run.checkout import commit_info
from bench.store.files import commit_of


@pytest.fixture
def another(tmp_path: Path) -> Path:
    """Another project's repository, with one commit."""
    author = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=no")
    for words in (["init"], [*author, "commit", "--allow-empty", "--message", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)  # noqa: S607
    return tmp_path


def test_the_commit_is_that_of_this_checkout_wherever_it_is_measured_from(
    another: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    here = commit_info()
    monkeypatch.chdir(another)
    monkeypatch.setenv("GIT_DIR", str(another / ".git"))
    assert commit_info() == here
    of_pytest = pytestconfig.hook.pytest_benchmark_generate_commit_info(config=pytestconfig)
    assert of_pytest == here


def test_what_is_installed_inside_of_another_checkout_has_no_commit(
    another: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "ROOT", another)
    assert commit_info()["id"] is None


def test_a_revision_is_neither_changed_nor_on_a_branch(
    another: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "ROOT", another)
    (another / "bench").touch()
    subprocess.run(["git", "add", "bench"], cwd=another, check=True)  # noqa: S607
    assert commit_info()["dirty"]
    assert commit_info()["branch"] != "(detached head)"
    of_revision = {**commit_info(), "dirty": False, "branch": "(detached head)"}
    assert commit_info("HEAD") == of_revision


@pytest.mark.parametrize(
    ("given", "commit"),
    [
        (
            "af70a5398cee546201fe6ddeea39b689bd35a441",
            "af70a5398cee546201fe6ddeea39b689bd35a441",
        ),
        ("unversioned", None),
        (None, None),
    ],
)
def test_the_commit_is_a_hash_or_none(given: str | None, commit: str | None) -> None:
    assert commit_of({"commit_info": {"id": given}}) == commit


def test_no_commit_info_is_no_commit() -> None:
    assert commit_of({"commit_info": {}}) is None
