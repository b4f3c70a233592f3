from __future__ import annotations

import pytest

from bench.store.files import commit_of


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
