"""The file of a self-test reads back, and says the same again."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from bench.machine.fingerprint import fingerprint_id
from bench.measure.protocol import Protocol
from bench.plan.request import Request
from bench.selftest.sampling import Samples, SelftestAsked, load, read, write
from bench.stats.verdict import Judgement
from bench.store.files import StoreError
from bench.store.rates import Machine, with_rates
from tests.selftest.test_rating import pool

if TYPE_CHECKING:
    from pathlib import Path

FINGERPRINT = {"cpu": "a processor"}
ASKED = SelftestAsked(Request(), Protocol(3, 0.1), 60.0, loaded=False, seed=1)


@pytest.fixture
def samples() -> Samples:
    pools = {"one": pool(30, 0.01, 0.01), "other": pool(30, 0.01, 0.01, seed=1)}
    return Samples(pools, {"third": "no device"}, FINGERPRINT, None, complete=True)


def test_what_is_written_reads_back(tmp_path: Path, samples: Samples) -> None:
    path, rates = write(tmp_path / "made", ASKED, samples)
    lost, again = read([path])
    assert again == rates
    assert lost == {"third": "no device"}


@pytest.mark.slow
def test_several_files_are_judged_together(tmp_path: Path, samples: Samples) -> None:
    first, rates = write(tmp_path, ASKED, samples)
    second, _ = write(tmp_path, ASKED, samples)
    _, together = read([first, second])
    assert together[0].false_slower.of == 2 * rates[0].false_slower.of


def test_verdicts_find_the_rates_of_their_machine(tmp_path: Path, samples: Samples) -> None:
    path, rates = write(tmp_path, ASKED, samples)
    judgement = Judgement("ab", "A", "B", ())
    found = with_rates(judgement, Machine(fingerprint_id(FINGERPRINT), "n"), tmp_path)
    assert found.rates == rates[0]
    assert found.rates is not None
    assert found.rates.path == str(path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda document: document.pop("pools"), "no self-test"),
        (
            lambda document: document["pools"].update(one=[[[[1.0], []], [[], []]]]),
            "no times above zero",
        ),
        (
            lambda document: document["pools"].update(one=[[[[1.0], []], [["x"], []]]]),
            "no self-test",
        ),
        (lambda document: document["pools"].update(one=3), "no self-test"),
    ],
)
def test_a_damaged_file_is_refused(
    tmp_path: Path, samples: Samples, spoil: Any, said: str
) -> None:
    path, _ = write(tmp_path, ASKED, samples)
    document = json.loads(path.read_text())
    spoil(document)
    path.write_text(json.dumps(document))
    with pytest.raises(StoreError, match=said):
        read([path])


def test_a_folder_that_can_t_be_written_leaves_nothing(
    tmp_path: Path, samples: Samples
) -> None:
    (tmp_path / "a file").write_text("")
    with pytest.raises(StoreError, match="can't be written"):
        write(tmp_path / "a file", ASKED, samples)


def test_the_load_ends_with_what_it_disturbs() -> None:
    before = {one.pid for one in psutil.Process().children()}
    with load():
        (process,) = [one for one in psutil.Process().children() if one.pid not in before]
        assert process.ppid() == os.getpid()
    assert not psutil.pid_exists(process.pid) or process.status() == psutil.STATUS_ZOMBIE


def test_no_load_is_left_where_measuring_fails() -> None:
    before = {one.pid for one in psutil.Process().children()}
    with pytest.raises(subprocess.SubprocessError), load():
        raise subprocess.SubprocessError
    assert {one.pid for one in psutil.Process().children()} <= before
