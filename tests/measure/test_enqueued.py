"""No call returns later than its device is idle, whichever rounds it is told from."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.measure.measurement import enqueued_facts
from bench.measure.rounds import Round
from bench.store import tidy
from bench.store.files import read_run

REFERENCE = Path(__file__).resolve().parents[2] / "results" / "reference"


def test_of_rounds_that_enqueue_several_calls_it_is_one_of_them() -> None:
    facts = enqueued_facts((Round(2.0, 4.0, 2), Round(1.0, 4.0, 2), Round(3.0, 4.0, 2)))
    assert facts == {"enqueued_seconds": 1.0, "enqueued_data": [1.0, 0.5, 1.5]}


def test_of_calls_alone_it_is_their_share_of_what_a_call_takes_among_others() -> None:
    among = (Round(10.0, 10.0, 10), Round(12.0, 12.0, 10), Round(11.0, 11.0, 10))
    alone = (Round(4.0, 5.0), Round(5.0, 5.0), Round(2.0, 5.0))
    facts = enqueued_facts(among, alone)
    assert facts["enqueued_seconds"] == pytest.approx(0.8 * 1.1)
    assert facts["enqueued_data"] == pytest.approx([0.88, 1.1, 0.44])


def test_a_clock_that_stands_still_gives_nothing() -> None:
    assert enqueued_facts((Round(0.0, 0.0, 3),), (Round(0.0, 0.0),))["enqueued_seconds"] == 0.0


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.json")), ids=lambda path: path.stem)
def test_of_older_runs_it_is_not_shown_where_it_is_of_other_rounds(path: Path) -> None:
    table = tidy.frame(read_run(path))
    assert not (table["enqueued_seconds"] > table["seconds"]).any()
    assert table["enqueued_seconds"].notna().mean() > 0.5
