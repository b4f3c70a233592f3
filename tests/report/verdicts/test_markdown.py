from __future__ import annotations

from dataclasses import replace

from inline_snapshot import snapshot

from bench.report.markdown.elements import MOST_CHARACTERS
from bench.report.verdicts.formats import markdown
from tests.report.markdown.rendered import cells, html, kinds
from tests.report.verdicts.made_up_judgement import (
    CHANGE,
    MISSING,
    SHORT,
    SLOWER,
    everything,
    judgement,
)

# ruff: noqa: E501 - a line is as long as it is


EVIL = "![x](http://evil/x.png) <img src=x> [y](http://z) | `a` @someone\n\n# h </details>"


def test_everything() -> None:
    assert markdown(everything(**SHORT)) == snapshot("""\
### Slower, and confirmed: 2 slower (1 confirmed), 1 unclear, 1 untrusted, 1 not comparable, 1 faster, 1 same, 1 new; machine slower (memory).

Before: `one`. Now: `other`.

> [!WARNING]
> - Forced: what can't be compared was compared all the same; do not rely on it.
> - Beware of this.

The rule compare on this machine, measured 2026-11-23T01:00:00Z: of identical code 1 of 300 (0.00844% to 1.84%) called slower; 280 of 300 (89.9% to 95.9%) called the same; of slowdowns by 3% 45 of 50 (78.2% to 96.7%) found; of slowdowns by 5% 50 of 50 (92.9% to 100%) found (results/selftest/a.json).

**The machine's controls**

| case | verdict | ratio (95%) | margin | processes before / now | cause | why |
| --- | --- | ---: | ---: | --- | --- | --- |
| `machine: memory` | slower, confirmed | 1.050x (1.040 to 1.060) | 1.5% | 9 / 1 | – | It moved. |

**Slower: 2 cases**

| case | verdict | ratio (95%) | margin | processes before / now | cause | why |
| --- | --- | ---: | ---: | --- | --- | --- |
| `bench_epoch[slow]` | slower, confirmed | 1.05x (1.03 to 1.07) | 1.5% | 5 / 4 | machine (memory) | As slower as it is. |
| `bench_epoch[perhaps]` | slower, not confirmed | 1.20x (1.18 to 1.22) | 1.5% | 5 / 4 | – | As slower as it is. |

**Unclear: 1 case**

| case | verdict | ratio (95%) | margin | processes before / now | cause | why |
| --- | --- | ---: | ---: | --- | --- | --- |
| `bench_epoch[unclear]` | unclear | 1.01x (0.99 to 1.03) | 1.5% | 5 / 4 | – | As unclear as it is. |

**Untrusted: 1 case**

| case | verdict | ratio (95%) | margin | processes before / now | cause | why |
| --- | --- | ---: | ---: | --- | --- | --- |
| `bench_epoch[disturbed]` | untrusted | 1.50x (1.47 to 1.53) | 1.5% | 5 / 4 | – | As untrusted as it is. |

**Not comparable, 1 case: As not comparable as it is.**

<details><summary>Which</summary>

**Cases**

- `bench_epoch[gone]`

</details>

<details><summary>Faster: 1 case</summary>

| case | verdict | ratio (95%) | margin | processes before / now | cause | why |
| --- | --- | ---: | ---: | --- | --- | --- |
| `bench_epoch[fast]` | faster, confirmed | 0.800x (0.784 to 0.816) | 1.5% | 5 / 4 | code | As faster as it is. |

</details>

<details><summary>Same: 1 case</summary>

| case | verdict | ratio (95%) | margin | processes before / now | cause | why |
| --- | --- | ---: | ---: | --- | --- | --- |
| `bench_epoch[same]` | same | 1.00x (0.98 to 1.02) | 1.5% | 5 / 4 | – | As same as it is. |

</details>

<details><summary>New, so not compared: 1 case</summary>

**New**

- `bench_epoch[new]`

</details>

From `results/runs/a.json`, `results/runs/b.json`.
""")


def test_texts_from_a_file_are_shown_and_do_nothing() -> None:
    evil = replace(SLOWER, name=EVIL, reason=EVIL, cause=EVIL)
    gone = replace(MISSING, name=EVIL, reason=EVIL)
    step = replace(CHANGE, name=EVIL)
    told = {"before": EVIL, "warnings": (EVIL,), "added": (EVIL,), "changes": (step,)}
    text = markdown(judgement(evil, gone, **told))
    assert not {"image", "link_open"} & kinds(text)
    assert set(html(text)) == {
        "<details><summary>Which</summary>",
        "<details><summary>New, so not compared: 1 case</summary>",
        "</details>",
    }
    assert len({len(row) for row in cells(text)} - {0}) == 1


def test_it_fits_into_a_comment() -> None:
    many = judgement(*(replace(SLOWER, name=f"case {n}") for n in range(5000)))
    text = markdown(many)
    assert len(text) <= MOST_CHARACTERS
    assert "are left out here: --format json has them all" in text
