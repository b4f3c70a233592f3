"""A file is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.store.files import whole


def test_a_file_takes_its_name_once_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    with whole(path) as part:
        part.write_text("new", encoding="utf-8")
        assert not path.exists()
        assert part.parent == path.parent
    assert path.read_text(encoding="utf-8") == "new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("old")
    (tmp_path / "link").symlink_to("folder/old")
    with whole(tmp_path / "link") as part:
        part.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "old").read_text() == "new"


def test_what_is_no_plain_file_stays_and_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with whole(pipe) as part:
        part.write_text("new")
    assert os.read(reader, 10) == b"new"
    os.close(reader)
    with whole(Path(os.devnull)) as part:
        part.write_text("new")
    assert pipe.is_fifo()
    assert Path(os.devnull).is_char_device()
    with pytest.raises(IsADirectoryError), whole(tmp_path) as part:
        part.write_text("new")
    assert list(tmp_path.iterdir()) == [pipe]


def test_what_a_killed_writer_left_goes_once_it_is_old(tmp_path: Path) -> None:
    path, old, young = (tmp_path / name for name in ("a.json", ".b-1.part.json", ".c.tmp"))
    for left in (old, young, tmp_path / ".mine"):
        left.write_text("left")
    for left in (old, tmp_path / ".mine"):
        os.utime(left, (0, 0))
    with whole(path) as part:
        part.write_text("new")
    assert sorted(tmp_path.iterdir()) == [young, tmp_path / ".mine", path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, ValueError])
def test_what_was_there_stays_when_writing_fails(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")

    def fail() -> None:
        with whole(path) as part:
            part.write_text("half", encoding="utf-8")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_at_once_each_write_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    with whole(path) as one, whole(path) as other:
        assert one != other
        one.write_text("one", encoding="utf-8")
        other.write_text("other", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "one"  # the outer is the last to be done
    assert list(tmp_path.iterdir()) == [path]
