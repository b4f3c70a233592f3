from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from bench.report.charts.files import FORMATS
from bench.store.files import StoreError, write_run
from bench.store.prune import FIGURES, Rule, pin, pinned, plan, prune
from bench.store.rule import RULE
from tests.compare.made_up_stored import epoch, run, written

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
LAST = Rule(last=1)
BAD = "20261104T120000Z-nogit-00000b.json"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs of three days, with figures, a journal, and what else lies around."""
    monkeypatch.chdir(tmp_path)
    runs = tmp_path / "results" / "runs"
    for day in (1, 2, 3):
        written(runs / named(day), run([epoch("nd.a")], day))
        (runs / Path(named(day)).stem).mkdir()
        for kind in FIGURES:
            (runs / Path(named(day)).stem / f"speed.{kind}").write_text("x" * 100)
    (runs / "unfinished").mkdir()
    (runs / "unfinished" / "a.jsonl").write_text("{}\n")
    (runs / "confirmations").mkdir()
    written(runs / "confirmations" / named(1), run([epoch("nd.a")], 1))
    (runs / ".hidden.tmp").write_text("a writer's")
    (runs / "notes.txt").write_text("mine")
    return runs


def named(day: int) -> str:
    return f"2026110{day}T120000Z-b5c8249-00000{day}.json"


def listed(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.json"))


def test_old_runs_go_with_their_figures_and_nothing_else(folder: Path) -> None:
    before = listed(folder)
    planned = plan(folder, LAST, NOW)
    assert [one.path.name for one in planned.going] == [named(1), named(2)]
    assert planned.n_staying == 1
    assert listed(folder) == before, "a plan changes nothing"
    prune(planned)
    gone = {named(1), named(2)}
    gone |= {f"{Path(name).stem}/speed.{kind}" for name in gone for kind in FIGURES}
    assert listed(folder) == before - gone
    assert not list(folder.glob(".pruned-*"))


def test_figures_are_what_a_run_draws() -> None:
    assert tuple(FORMATS) == FIGURES


def test_exactly_what_is_listed_goes(folder: Path) -> None:
    mine = [folder / Path(named(1)).stem / name for name in ("notes.md", "photo.png")]
    written(folder / "script.json", run([epoch("nd.a")], 1))
    mine.append(folder / "script")
    for path in mine:
        path.write_text("mine")
    (folder / Path(named(2)).stem).rename(folder / "elsewhere")
    (folder / Path(named(2)).stem).symlink_to("elsewhere")
    before, planned = listed(folder), plan(folder, LAST, NOW)
    told = {one.path for one in planned.going}
    told |= {path for figures in planned.figures.values() for path in figures}
    prune(planned)
    assert before - listed(folder) == {str(path.relative_to(folder)) for path in told}
    assert all(path.is_file() for path in mine)


@pytest.mark.parametrize("content", ["{", '{"a": 1}', "[1]"])
def test_what_has_no_name_of_a_run_is_never_moved(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    planned = plan(folder, LAST, NOW)
    assert planned.strange == ("config.json",)
    prune(planned)
    assert (folder / "config.json").read_text() == content


def test_pinned_runs_stay(folder: Path) -> None:
    pin(folder / named(1))
    pin(folder / named(1))
    pin(folder / named(3))
    assert (folder / "pinned.txt").read_text() == f"{named(1)}\n{named(3)}\n"
    planned = plan(folder, LAST, NOW)
    assert planned.protected == (named(1),)
    prune(planned)
    assert left(folder) == [named(1), named(3)]
    assert pinned(folder) == {named(1), named(3)}


def test_a_list_of_pinned_runs_that_can_not_be_read_stops_it(folder: Path) -> None:
    (folder / "pinned.txt").mkdir()
    with pytest.raises(StoreError, match=r"pinned\.txt can't be read"):
        plan(folder, LAST, NOW)


def test_runs_that_are_named_stay(folder: Path) -> None:
    assert plan(folder, LAST, NOW, [named(2)]).protected == (named(2),)


def test_reference_runs_stay(folder: Path) -> None:
    reference = folder.parent / "reference"
    written(reference / named(1), run([epoch("nd.a")], 1))
    planned = plan(folder, LAST, NOW)
    assert planned.protected == (named(1),)
    with pytest.raises(StoreError, match="never pruned"):
        plan(reference, LAST, NOW)
    (folder.parent / "link").symlink_to(reference)
    with pytest.raises(StoreError, match="never pruned"):
        plan(folder.parent / "link", LAST, NOW)


def test_damaged_files_are_set_aside_and_none_replaces_another(folder: Path) -> None:
    contents = ["{", "[", "no"]
    for content in contents:
        (folder / BAD).write_text(content)
        planned = plan(folder, LAST, NOW)
        assert [one.path.name for one in planned.damaged] == [BAD]
        prune(planned)
    found = sorted(path.name for path in (folder / "damaged").iterdir())
    assert found == sorted([BAD, *(f"{Path(BAD).stem}-{n}.json" for n in (1, 2))])
    assert sorted(path.read_text() for path in (folder / "damaged").iterdir()) == sorted(
        contents
    )
    assert not (folder / BAD).exists()


def test_a_name_that_a_writer_has_just_taken_is_not_damaged(folder: Path) -> None:
    empty = folder / BAD
    empty.touch()
    assert plan(folder, LAST, NOW).damaged == ()
    long_ago = time.time() - 2 * RULE.just_now_seconds
    os.utime(empty, (long_ago, long_ago))
    assert [one.path for one in plan(folder, LAST, NOW).damaged] == [empty]


def test_what_has_become_whole_meanwhile_stays(folder: Path) -> None:
    path = folder / BAD
    path.write_text("{")
    planned = plan(folder, LAST, NOW)
    assert [one.path for one in planned.damaged] == [path]
    written(path, run([epoch("nd.a")], 5))
    prune(planned)
    assert path.is_file()
    assert not (folder / "damaged").exists()


def test_a_folder_of_damaged_files_alone_is_tidied_too(folder: Path) -> None:
    other = folder.parent / "other"
    other.mkdir()
    (other / BAD).write_text("{")
    prune(plan(other, LAST, NOW))
    assert listed(other) == {f"damaged/{BAD}"}


def test_a_run_that_tells_no_time_stays(folder: Path) -> None:
    undated = {**run([epoch("nd.a")]), "datetime": None}
    written(folder / "a.json", undated)
    planned = plan(folder, LAST, NOW)
    assert planned.undated == ("a.json",)
    prune(planned)
    assert left(folder) == [named(3), "a.json"]


def test_only_the_folder_itself_is_looked_at(folder: Path) -> None:
    for name in left(folder):
        (folder / name).unlink()
    with pytest.raises(StoreError, match="there is no run in"):
        plan(folder, LAST, NOW)
    assert (folder / "confirmations" / named(1)).is_file()


def test_what_is_written_meanwhile_stays(folder: Path) -> None:
    planned = plan(folder, LAST, NOW)
    new = write_run(folder, run([epoch("nd.a")], 4), "b5c8249")
    prune(planned)
    assert left(folder) == sorted([named(3), new.name])


def test_two_may_prune_at_once(folder: Path) -> None:
    (folder / BAD).write_text("{")
    first, second = plan(folder, LAST, NOW), plan(folder, LAST, NOW)
    prune(first)
    prune(second)
    assert left(folder) == [named(3)]
    assert listed(folder / "damaged") == {BAD}


def test_what_a_killed_prune_has_left_goes_later(folder: Path) -> None:
    old, young = folder / ".pruned-old", folder / ".pruned-young"
    for one in (old, young):
        one.mkdir()
        (one / "a.json").write_text("{}")
    long_ago = time.time() - 2 * RULE.abandoned_seconds
    os.utime(old, (long_ago, long_ago))
    prune(plan(folder, LAST, NOW))
    assert not old.exists()
    assert young.exists()


def test_a_run_is_there_whole_or_not_at_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A prune that is killed halfway leaves runs that can be read, and no half of one."""
    planned = plan(folder, LAST, NOW)
    real, calls = Path.rename, []

    def killed(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        prune(planned)
    assert left(folder) == [named(2), named(3)]
    assert all((folder / name).stat().st_size > 100 for name in left(folder))


def test_what_can_not_be_removed_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(StoreError, match="Permission denied"):
        prune(plan(folder, LAST, NOW))
    assert len(left(folder)) == 3
