from __future__ import annotations

from bench.report.markdown.comparison_comment import steps
from bench.store.table import Loaded
from tests.compare.made_up_runs import case, run, table
from tests.report.markdown.rendered import cells


def test_the_largest_steps_come_first_whether_slower_or_faster() -> None:
    last = {1: 1.1, 10: 0.5, 100: 1.3}
    cases = [
        case(
            f"run{day}",
            [[(last[size] if day == 6 else 1.0) * (1 + day / 1e4)] * 7],
            batch_size=size,
        )
        for day in range(1, 7)
        for size in last
    ]
    loaded = Loaded(table(cases), table([run(f"run{day}", day) for day in range(1, 7)]), ())
    part = steps(loaded)
    names = [row[0] for row in cells("\n".join((*part.before, *part.rows)))[1:]]
    assert [name.rpartition("B")[2].rstrip("]") for name in names] == ["10", "100", "1"]
