from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from inline_snapshot import snapshot

from bench.report.markdown.elements import MOST_CHARACTERS
from bench.report.markdown.run_comment import one_run
from bench.store.files import read_run
from tests.report.markdown.rendered import cells, html, kinds, prose, shown
from tests.store import made_up_run
from tests.store.made_up_run import unmeasured

if TYPE_CHECKING:
    from bench.report.page.one_run import Material

# ruff: noqa: E501 - a row of a table is as long as it is


REFERENCE = Path(__file__).parents[3] / "results" / "reference"
PEERS = REFERENCE / "20261122T190839Z-b5c8249-466d85.json"
ADVICE = REFERENCE / "20261122T215340Z-ade4374-4a100d.json"
#: What one may do to a reader of a comment.
EVIL = "![x](http://evil/x.png) <img src=x> [y](http://z) | `a` @someone\n\n# h </details>"
OURS = {"<details><summary>All epochs, with their intervals</summary>", "</details>"}


def epochs() -> list[dict[str, Any]]:
    """Return epochs of four kernels, with intervals, one of which is not to be relied on."""
    made = []
    names = ("nd.autograd", "nd.closed_form", "gluon.trainer", "numpy.closed_form")
    for number, kernel in enumerate(names):
        for size in (10, 1500):
            one = copy.deepcopy(made_up_run.epoch("nd.autograd", size))
            seconds = one["stats"]["data"][1] / (number + 1)
            one["name"] = one["name"].replace("nd.autograd", kernel)
            one["stats"]["data"] = [seconds] * 8
            one["extra_info"] |= {"kernel": kernel, "saves": "something"}
            one["extra_info"] |= {"half_width": 0.0, "target_half_width": 0.01, "marks": {}}
            one["extra_info"] |= {"disturbed_rounds": 0, "untrusted": False}
            made.append(one)
    made[0]["stats"]["data"] = [0.2, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.3]
    made[1]["extra_info"]["between_interval"] = [0.0039, 0.0042]
    made[2]["extra_info"] |= {"untrusted": True, "disturbed_rounds": 7}
    return made


def everything() -> dict[str, Any]:
    return made_up_run.document(
        epochs(),
        command=["run", "--preset", "quick"],
        processes=2,
        skipped=[
            unmeasured("one", "gpu(0)", "no device: no driver."),
            unmeasured("two", "gpu(0)", "no device: no driver."),
        ],
        failed=[unmeasured("mine", "cpu(0)", "is wrong, so it is not timed.")],
    ) | {
        "machine_info": {
            "fingerprint": {
                "cpu_model": "A processor",
                "python": "3.11.7",
                "gpus": [],
                "backends": {"mxnet": {"mxnet": "1.9.1"}},
            }
        },
        "commit_info": {"id": "b5c82494be8c82e7", "dirty": True},
        "datetime": "2026-11-22T19:01:19.545497+00:00",
    }


def test_a_run_as_a_comment() -> None:
    assert one_run(everything(), "a_run", ("This is best.", "Give it 10.")) == snapshot("""\
### Run `a_run`

A processor · no GPU · 22 November 2026, 19:01 UTC · Python 3.11.7, mxnet 1.9.1 · commit b5c8249 with changes

**Do not rely on these numbers**: 8 of 8 medians known to ±1%, 7 of 64 rounds disturbed, 1 case not to be relied on, 1 failed, 0 incidents, 2 processes.

This is best.

Give it 10.

**The ladder: airfoil, cpu(0), seconds per epoch**

| kernel | B = 10 | B = 1500 | times as fast |
| --- | ---: | ---: | ---: |
| `nd.autograd` | 250 ms | 4.00 ms | – |
| `nd.closed_form` | 125.0 ms? | 2.000 ms | – |
| `gluon.trainer` | 83.33 ms | 1.333 ms | – |
| `numpy.closed_form` | 62.50 ms | 1.000 ms | – |

**Failed: 1 case**

- `bench_epoch[mine-cpu(0)]`: is wrong, so it is not timed.

**Skipped: 2 cases**

- 2 cases on gpu(0): no device: no driver.

<details><summary>All epochs, with their intervals</summary>

Behind ± is half the 95% interval between processes or of the rounds of one process, which is too narrow between processes, as a share of the median; ? stands behind a case most of whose rounds were disturbed.

**airfoil, cpu(0), batches from inmemory**

| kernel | B = 10 | B = 1500 |
| --- | ---: | ---: |
| `gluon.trainer` | 83.33 ms ±0.00% | 1.333 ms ±0.00% |
| `nd.autograd` | 250 ms ±20% | 4.00 ms ±3.7% |
| `nd.closed_form` | 125.0 ms ±0.00% ? | 2.000 ms ±0.00% |
| `numpy.closed_form` | 62.50 ms ±0.00% | 1.000 ms ±0.00% |

</details>

Measured with `python -m bench run --preset quick`.
""")


def foreign(name: str, **stats: Any) -> dict[str, Any]:
    return {"name": name, "group": "a|group", "stats": stats}


def test_a_foreign_run() -> None:
    document: dict[str, Any] = {
        "benchmarks": [
            foreign("test_raw", data=[0.1, 0.1, 0.1, 0.1, 0.1, 0.102], rounds=6),
            foreign("test_stats[a|b]", median=0.25, q1=0.2, q3=0.3, rounds=40),
        ],
        "machine_info": {"cpu": {"brand_raw": "Z80"}, "python_version": "3.9.1"},
    }
    document["benchmarks"][0]["stats"]["median"] = 0.1
    assert one_run(document, "0001_x") == snapshot("""\
### Run `0001_x`

Z80 · Python 3.9.1

**The file does not say how good its numbers are**.

**Benchmarks**

| group | name | median | 95% interval, or quartiles | rounds |
| --- | --- | ---: | ---: | ---: |
| a\\|group | `test_raw` | 100.0 ms | 100.0 ms to 102.0 ms | 6 |
| a\\|group | `test_stats[a\\|b]` | 250 ms | 200 ms to 300 ms (quartiles) | 40 |
""")


def test_two_benchmarks_of_one_name_are_told_apart_by_their_full_names() -> None:
    names = [f"tests/a.py::{one}::test_add" for one in ("TestList", "TestDict")]
    both = [foreign("test_add", median=0.25, rounds=40) | {"fullname": one} for one in names]
    rows = cells(one_run({"benchmarks": both, "machine_info": {}}, "a"))
    assert [row[1] for row in rows[1:]] == names


def test_a_run_that_holds_a_case_again_says_which_time_is_shown() -> None:
    document = everything()
    document["benchmarks"].append(document["benchmarks"][0])
    assert "1 case is in the run again: tables with a column a size show the last" in (
        one_run(document, "a_run")
    )
    assert "in the run again" not in one_run(everything(), "a_run")


def evil(value: Any) -> Any:
    """Return a document all of whose texts are what one may do to a reader."""
    if isinstance(value, dict):
        kept = ("case", "loader")  # what decides which tables there are
        return {key: value[key] if key in kept else evil(value[key]) for key in value}
    if isinstance(value, list):
        return [evil(one) for one in value]
    return EVIL if isinstance(value, str) else value


def test_nothing_of_a_file_is_more_than_text() -> None:
    document = evil(everything())
    for number, benchmark in enumerate(document["benchmarks"]):
        benchmark["extra_info"]["kernel"] += str(number // 2)
    document["benchmarks"].append(foreign(EVIL, median=1.0, rounds=1) | {"group": EVIL})
    written = one_run(document, EVIL, (EVIL,))
    assert set(html(written)) <= OURS
    assert not kinds(written) & {"link_open", "image", "html_inline"}
    assert written.count("\n# ") == 0
    assert "someone" in prose(written)
    assert "@someone" not in prose(written)
    tables = [one for one in written.split("\n\n") if one.startswith("| ")]
    assert len(tables) == 3
    for one in tables:
        assert len({len(row) for row in cells(one)}) == 1


def test_failed_cases_are_named_and_skipped_ones_counted_by_reason() -> None:
    lines = shown(one_run(everything(), "a_run")).splitlines()
    assert "Failed: 1 case" in lines
    assert "bench_epoch[mine-cpu(0)]: is wrong, so it is not timed." in lines
    assert "2 cases on gpu(0): no device: no driver." in lines


def test_an_interrupted_run_says_so() -> None:
    document = everything()
    document["bench"]["status"] = "interrupted"
    assert "interrupted" in shown(one_run(document, "a_run")).splitlines()[2]


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.json")), ids=lambda path: path.stem)
def test_the_reference_runs_fit_with_every_epoch(path: Path) -> None:
    document = read_run(path)
    written = one_run(document, path.stem)
    assert len(written) < MOST_CHARACTERS / 4
    own = [one["extra_info"] for one in document["benchmarks"]]
    n_epochs = sum(one.get("case") == "epoch" for one in own)
    assert n_epochs > 40
    assert written.count("±") - written.count("to ±") >= 0.7 * n_epochs
    assert "left out" not in written
    assert set(html(written)) <= OURS


def test_the_ladder_of_the_peers_begins_with_the_textbooks_loop() -> None:
    rows = cells(one_run(read_run(PEERS), "peers"))
    ladder = rows[1 : 1 + [row[0] for row in rows[1:]].index("kernel")]
    assert len(ladder) == 25
    assert ladder[0][:2] == ["nd.autograd + dataloader", "756 ms~"]
    assert [row[0] for row in ladder[-3:]] == ["nd.fused", "numba.epoch", "limit"]


def test_the_best_batch_sizes_are_those_that_are_found(advised: Material) -> None:
    found = advised.found
    assert found is not None
    rows = cells(one_run(advised.document, "advice", (), found))
    best = {row[0]: row[2] for row in rows if row[1] == "cpu(0)"}
    advice = {one.subject.kernel: one.advice for one in found.answers}
    assert best == {kernel: str(one.recommended) for kernel, one in advice.items() if one}
    assert next(iter(best)) == "nd.fused", "the fastest first"


def test_a_run_of_very_many_cases_is_cut_where_github_cuts() -> None:
    document = everything()
    (one, *_) = epochs()
    for number in range(3000):
        document["benchmarks"].append(copy.deepcopy(one))
        document["benchmarks"][-1]["extra_info"]["kernel"] = f"kernel{number}" + "x" * 30
    written = one_run(document, "a_run")
    assert 0.9 * MOST_CHARACTERS < len(written) <= MOST_CHARACTERS
    assert "left out here: `python -m bench report a_run --format csv` has them all" in written
    assert set(html(written)) == OURS
