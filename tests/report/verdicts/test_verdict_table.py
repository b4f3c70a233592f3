from __future__ import annotations

from dataclasses import replace

from inline_snapshot import snapshot

from bench.report.verdicts.writing import Form, text_of
from tests.report.verdicts.made_up_judgement import (
    FASTER,
    MISSING,
    SAME,
    SHORT,
    SLOWER,
    UNCLEAR,
    everything,
    judgement,
)

# ruff: noqa: E501 - a line is as long as it is


def test_everything() -> None:
    assert text_of(everything(**SHORT), Form.TERMINAL) == snapshot("""\
before: one
now: other
Forced: what can't be compared was compared all the same; do not rely on it.

The machine, by its controls
case              verdict             ratio (95%)               margin   processes   cause
──────────────────────────────────────────────────────────────────────────────────────────
machine: memory   slower, confirmed   1.050x (1.040 to 1.060)     1.5%   9 / 1       –
  machine: memory: It moved.

Slower: 2 cases
case                   verdict                 ratio (95%)            margin   processes   cause
───────────────────────────────────────────────────────────────────────────────────────────────────────────
bench_epoch[slow]      slower, confirmed       1.05x (1.03 to 1.07)     1.5%   5 / 4       machine (memory)
bench_epoch[perhaps]   slower, not confirmed   1.20x (1.18 to 1.22)     1.5%   5 / 4       –
  2 cases: As slower as it is.

Unclear: 1 case
case                   verdict   ratio (95%)            margin   processes   cause
──────────────────────────────────────────────────────────────────────────────────
bench_epoch[unclear]   unclear   1.01x (0.99 to 1.03)     1.5%   5 / 4       –
  1 case: As unclear as it is.

Untrusted: 1 case
case                     verdict     ratio (95%)            margin   processes   cause
──────────────────────────────────────────────────────────────────────────────────────
bench_epoch[disturbed]   untrusted   1.50x (1.47 to 1.53)     1.5%   5 / 4       –
  1 case: As untrusted as it is.

Not comparable: 1 case
  1 case: As not comparable as it is.
    bench_epoch[gone]

New, so not compared: bench_epoch[new]
Warning: Beware of this.

Slower, and confirmed: 2 slower (1 confirmed), 1 unclear, 1 untrusted, 1 not comparable, 1 faster, 1 same, 1 new; machine slower (memory).
Most: bench_epoch[slow], 1.05x (1.03 to 1.07).
The rule compare on this machine, measured 2026-11-23T01:00:00Z: of identical code 1 of 300 (0.00844% to 1.84%) called slower; 280 of 300 (89.9% to 95.9%)
called the same; of slowdowns by 3% 45 of 50 (78.2% to 96.7%) found; of slowdowns by 5% 50 of 50 (92.9% to 100%) found (results/selftest/a.json).
Next: python -m bench report results/runs/a.json results/runs/b.json (a page).
From results/runs/a.json, results/runs/b.json
""")


def test_what_is_fine_is_counted_unless_all_is_asked_for() -> None:
    fine = judgement(SAME, FASTER)
    assert SAME.name not in text_of(fine, Form.TERMINAL)
    assert "No case is slower: 1 faster, 1 same." in text_of(fine, Form.TERMINAL)
    every = text_of(fine, Form.TERMINAL, every=True)
    assert SAME.name in every
    assert FASTER.name in every


def test_of_many_the_first_are_listed() -> None:
    many = judgement(*(replace(UNCLEAR, name=f"case-{n:02}-") for n in range(30)))
    text = text_of(many, Form.TERMINAL)
    assert "case-19-" in text
    assert "case-20-" not in text
    assert "… and 10 more: --all lists them." in text
    assert "case-29-" in text_of(many, Form.TERMINAL, every=True)


def test_cases_without_numbers_are_told_by_their_reason() -> None:
    many = judgement(*(replace(MISSING, name=f"case-{n:02}-") for n in range(5)))
    text = text_of(many, Form.TERMINAL)
    assert "5 cases: As not comparable as it is.\n" in text
    assert "case-00-, case-01-, case-02-, and 2 more\n" in text
    assert "case-04-" in text_of(many, Form.TERMINAL, every=True)


def test_runs_are_called_runs_where_they_are_the_unit() -> None:
    assert "  runs  " in text_of(judgement(SLOWER, kind="track"), Form.TERMINAL)
