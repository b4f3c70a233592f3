from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.machine import processor


def test_a_file_is_read_without_blanks_and_one_that_is_not_there_is_empty(
    tmp_path: Path,
) -> None:
    (tmp_path / "governor").write_text("performance\n")
    assert processor.text(tmp_path / "governor") == "performance"
    assert processor.text(tmp_path / "driver") == ""


@pytest.mark.parametrize(
    ("written", "size"),
    [("48K", 49152), ("32M", 2**25), ("1G", 2**30), ("512", 512), ("", None), ("K", None)],
)
def test_sizes(written: str, size: int | None) -> None:
    assert processor.size_bytes(written) == size


@pytest.mark.parametrize(
    ("members", "written"),
    [((), ""), ((0,), "0"), ((0, 1, 2, 3, 8), "0-3,8"), ((1, 3, 4), "1,3-4")],
)
def test_lists(members: tuple[int, ...], written: str) -> None:
    assert processor.listed(members) == written
    assert processor.n_listed(written) == len(members)


@given(st.sets(st.integers(0, 1000)))
def test_a_written_list_has_as_many_members_as_there_were(members: set[int]) -> None:
    assert processor.n_listed(processor.listed(sorted(members))) == len(members)
