from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from inline_snapshot import snapshot

from bench.compare.side_by_side import compare
from bench.report.markdown.comparison_comment import several
from bench.report.markdown.elements import MOST_CHARACTERS
from bench.store.table import Loaded
from tests.compare.made_up_runs import case, fingerprint, foreign, run, table
from tests.report.markdown.rendered import cells, html, kinds, shown

# ruff: noqa: E501 - a row of a table is as long as it is


AROUND = [[0.99, 0.98, 1.0], [1.0, 1.01, 1.0], [1.01, 1.0, 1.02]]
EVIL = "![x](http://evil/x.png) <img src=x> [y](http://z) | `a` @someone\n\n# h </details>"


def times(factor: float) -> list[list[float]]:
    return [[factor * seconds for seconds in rounds] for rounds in AROUND]


def written(cases: list[dict[str, Any]], runs: list[dict[str, Any]], **asked: str) -> str:
    made = Loaded(table(cases), table(runs), ())
    return several(compare(made.cases, made.runs, **asked), made)


def test_two_benchmarks_of_one_name_are_told_apart_by_their_full_names() -> None:
    names = [f"tests/a.py::{one}::test_add" for one in ("TestList", "TestDict")]
    cases = [
        foreign(side, [1.0], "test_add", fullname=one) for side in ("a", "b") for one in names
    ]
    said = written(cases, [run("a"), run("b", 2)])
    assert all(f"`{one}`" in said for one in names)


def test_two_versions_side_by_side() -> None:
    cases = [case("a", times(0.5 / size), batch_size=size) for size in (1, 10, 100)]
    cases += [
        case("b", times(factor * 0.5 / size), batch_size=size)
        for size, factor in ((1, 1.25), (10, 0.8), (100, 1.001))
    ]
    cases.append(case("b", times(1), batch_size=1500))
    cases[-2]["untrusted"] = True
    backends = {"mxnet": {"mxnet": "1.9.2"}, "numpy": {"numpy": "1.26.4"}, "jax": {"jax": "1"}}
    other = fingerprint(backends=backends, huge_pages="never")
    runs = [run("a", processes=3), run("b", 2, processes=3, dirty=True, fingerprint=other)]
    assert written(cases, runs) == snapshot("""\
### Versions side by side

> [!WARNING]
> - Most rounds of 1 case were disturbed (bench_epoch\\[airfoil-nd.autograd-cpu(0)-inmemory-B100\\]): do not rely on their ratios; measure them again on a quiet machine.
> - The code of b had changes that no commit holds: commit them and measure again before you rely on what is said of the code.

mxnet 1.9.2 takes 1.00x as long as mxnet 1.9.1, on the geometric mean of 3 cases: 1 take longer, 1 less, beyond their 95% intervals, 1 are not told apart. Most slower: bench_epoch\\[airfoil-nd.autograd-cpu(0)-inmemory-B1\\], 1.25x (1.22 to 1.28); most faster: bench_epoch\\[airfoil-nd.autograd-cpu(0)-inmemory-B10\\], 0.800x (0.782 to 0.818).

**The first is the baseline**

| side | run | taken (UTC) | commit | processes | cases |
| --- | --- | --- | --- | ---: | ---: |
| mxnet 1.9.1 | `a` | 2026-11-01 00:00 | `b5c8249` | 3 | 3 |
| mxnet 1.9.2 | `b` | 2026-11-02 00:00 | `b5c8249` with changes | 3 | 4 |

**What differs between the runs**

| fact | mxnet 1.9.1 | mxnet 1.9.2 | role |
| --- | --- | --- | --- |
| `backends.mxnet.mxnet` | 1.9.1 | 1.9.2 | is compared |
| `dirty` | no | yes | is compared |

<details><summary>2 facts differ and touch no ratio</summary>

| fact | mxnet 1.9.1 | mxnet 1.9.2 | role |
| --- | --- | --- | --- |
| `huge_pages` | – | never | touches no ratio |
| `backends.jax.jax` | – | 1 | touches no ratio |

</details>

**Ratios by library**

| case | device | library | cases | mean ratio | from … to | slower | faster |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |
| epoch | cpu(0) | mxnet | 3 | 1.00x | 0.800x to 1.25x | 1 | 1 |

The means are geometric. The cases of a group share most of their code and are not independent, so many of them say less than their number. Slower and faster are those whose interval excludes 1.

**Largest changes: these take longer**

| case | baseline | this side | ratio (95% interval) | interval from |
| --- | ---: | ---: | ---: | --- |
| `bench_epoch[airfoil-nd.autograd-cpu(0)-inmemory-B1]` | 500 ms | 625 ms | 1.25x (1.22 to 1.28) | processes |

**Largest changes: these take less**

| case | baseline | this side | ratio (95% interval) | interval from |
| --- | ---: | ---: | ---: | --- |
| `bench_epoch[airfoil-nd.autograd-cpu(0)-inmemory-B10]` | 50.0 ms | 40.0 ms | 0.800x (0.782 to 0.818) | processes |

1 case can't be compared on all sides: 1 on mxnet 1.9.2 alone.

<details><summary>All ratios</summary>

A ratio is the time of a side over that of the baseline: above 1 is slower. Where both were measured by several processes, its 95% interval is from the processes' medians; where one process measured, it is from the rounds, and too narrow to tell runs apart by a few percent.

| case | baseline | this side | ratio (95% interval) | interval from |
| --- | ---: | ---: | ---: | --- |
| `bench_epoch[airfoil-nd.autograd-cpu(0)-inmemory-B1]` | 500 ms | 625 ms | 1.25x (1.22 to 1.28) | processes |
| `bench_epoch[airfoil-nd.autograd-cpu(0)-inmemory-B10]` | 50.0 ms | 40.0 ms | 0.800x (0.782 to 0.818) | processes |
| `bench_epoch[airfoil-nd.autograd-cpu(0)-inmemory-B100]` | 5.00 ms | 5.00 ms | 1.00x (0.98 to 1.02) ? | processes |

</details>
""")


def test_three_sides_have_a_column_for_the_side() -> None:
    cases = [case(name, times(factor)) for name, factor in (("a", 1), ("b", 2), ("c", 3))]
    rows = cells(written(cases, [run("a"), run("b", 2), run("c", 3)]))
    ratios = [row for row in rows if row[0].startswith("bench_epoch")]
    labels = ["2026-11-02 00:00", "2026-11-03 00:00"]
    assert [row[1] for row in ratios[-2:]] == labels


def test_many_runs_are_told_over_time() -> None:
    runs = [run(f"run{day}", day) for day in range(1, 13)]
    cases = [case(f"run{day}", times(1 + day / 1000)) for day in range(1, 12)]
    cases.append(case("run12", times(2.0)))
    cases += [case(f"run{day}", times(1 + day / 1000), batch_size=1) for day in range(1, 13)]
    text = written(cases, runs)
    (head, row, other) = cells(text)[:3]
    assert (row[0][-4:], other[0][-4:]) == ("B10]", "-B1]"), "the largest step first"
    assert head[0] == "case"
    assert row[1] == "12"
    assert row[5].startswith("1.98")
    assert "All ratios" not in text


def test_nothing_of_a_file_is_more_than_text() -> None:
    told = {"kernel": EVIL, "device": "cpu(0)", "backend": EVIL, "name": EVIL}
    cases = [case(name, times(factor), **told) for name, factor in ((EVIL, 1), (EVIL + "2", 2))]
    cases.append(case(EVIL, times(1)))
    facts = fingerprint(**{f"a{EVIL}": EVIL})
    runs = [run(EVIL), run(f"{EVIL}2", fingerprint=facts, commit=EVIL)]
    text = written(cases, runs)
    allowed = {"<details><summary>All ratios</summary>", "</details>"}
    assert set(html(text)) <= allowed
    assert not kinds(text) & {"link_open", "image", "html_inline"}
    tables = [one for one in text.split("\n\n") if one.startswith("| ")]
    assert len(tables) >= 4
    for one in tables:
        assert len({len(row) for row in cells(one)}) == 1


def test_foreign_benchmarks_are_compared_too() -> None:
    cases = [foreign(name, [1.0, 1.1, 0.9, 1.0, 1.05, 0.95], "test_x") for name in "ab"]
    text = shown(written(cases, [run("a"), run("b", 2)]))
    assert "other benchmarks" in text
    assert "test_x" in text


@pytest.mark.parametrize("n_sides", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_very_many_cases_are_cut_where_github_cuts(n_sides: int) -> None:
    names = [f"run{number}" for number in range(n_sides)]
    one = table([case(name, times(1)) for name in names])
    copies = pd.concat([one] * 900, ignore_index=True)
    copies["name"] = [f"case{number // n_sides}" + "x" * 60 for number in range(len(copies))]
    runs = table([run(name, 1 + number) for number, name in enumerate(names)])
    text = several(compare(copies, runs), Loaded(copies, runs, ()))
    assert 0.9 * MOST_CHARACTERS < len(text) <= MOST_CHARACTERS
    assert "--format csv` has them all" in text
    assert html(text) == ["<details><summary>All ratios</summary>", "</details>"]
