from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bench.stats.verdict import Judgement, Rates, Share
from bench.store.rates import Machine, from_json, to_json, with_rates

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = Judgement("ab", "a", "b", ())
HERE = Machine("0123456789ab", "vm")


def stored(folder: Path, name: str, measured: str, **changed: Any) -> Path:
    one = {"rule": "ab", "false_slower": [1, 300], "same": [290, 300], "found": {}}
    document = {
        "format": 2,
        "measured": measured,
        "fingerprint_id": "0123456789ab",
        "node": "vm",
        "rates": [{**one, **changed.pop("rule", {})}],
    }
    path = folder / name
    path.write_text(json.dumps({**document, **changed}))
    return path


def test_rates_read_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    rates = Rates(
        "ab", "2026-11-23", str(path), Share(1, 300), Share(280, 300),
        ((0.03, Share(45, 50)), (0.05, Share(50, 50)), (0.1, Share(50, 50))),
    )  # fmt: skip
    read = json.loads(json.dumps(to_json(rates)))
    assert from_json(read, "2026-11-23", path) == rates
    back = {**read, "found": dict(reversed(read["found"].items()))}
    assert from_json(back, "2026-11-23", path) == rates


def test_the_newest_of_this_fingerprint_is_shown(tmp_path: Path) -> None:
    newest = stored(tmp_path, "a.json", "2026-11-22", rule={"false_slower": [2, 300]})
    stored(tmp_path, "b.json", "2026-11-21")
    stored(tmp_path, "c.json", "2026-11-24", fingerprint_id="other")
    stored(tmp_path, "d.json", "2026-11-25", rule={"rule": "compare"})
    found = with_rates(NOTHING, HERE, tmp_path)
    assert found.rates is not None
    assert (found.rates.path, found.rates.false_slower) == (str(newest), Share(2, 300))
    assert found.warnings == ()


def test_else_the_newest_of_the_machine_of_that_name_and_it_says_so(tmp_path: Path) -> None:
    stored(tmp_path, "a.json", "2026-11-21", fingerprint_id="old")
    newer = stored(tmp_path, "b.json", "2026-11-22", fingerprint_id="other")
    stored(tmp_path, "c.json", "2026-11-23", fingerprint_id="other", node="elsewhere")
    found = with_rates(NOTHING, HERE, tmp_path)
    assert found.rates is not None
    assert found.rates.path == str(newer)
    assert "another fingerprint (other)" in found.warnings[0]


@pytest.mark.parametrize("machine", [Machine("x", "y"), Machine(None, None)])
def test_of_another_machine_nothing_is_shown(tmp_path: Path, machine: Machine) -> None:
    stored(tmp_path, "a.json", "2026-11-21")
    stored(tmp_path, "b.json", "2026-11-21", fingerprint_id=None, node=None)
    assert with_rates(NOTHING, machine, tmp_path) == NOTHING


def test_what_is_no_such_file_is_passed_over(tmp_path: Path) -> None:
    good = stored(tmp_path, "a.json", "2026-11-01")
    for number, content in enumerate(("{", "[]", "{}", '{"format": 2, "rates": 3}')):
        (tmp_path / f"b{number}.json").write_text(content)
    stored(tmp_path, "c.json", "2026-11-09", format=1)
    stored(tmp_path, "d.json", "2026-11-09", rule={"same": [301, 300]})
    stored(tmp_path, "e.json", "2026-11-09", rule={"found": {"five": [1, 2]}})
    found = with_rates(NOTHING, HERE, tmp_path)
    assert found.rates is not None
    assert found.rates.path == str(good)
    assert with_rates(NOTHING, HERE, tmp_path / "none") == NOTHING
