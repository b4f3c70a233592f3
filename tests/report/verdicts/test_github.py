from __future__ import annotations

from dataclasses import replace

from inline_snapshot import snapshot

from bench.report.verdicts.formats import github
from tests.report.verdicts.made_up_judgement import (
    MISSING,
    PERHAPS,
    SAME,
    SHORT,
    SLOWER,
    UNCLEAR,
    everything,
    judgement,
)

# ruff: noqa: E501 - a line is as long as it is


def commands(text: str, kind: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(f"::{kind} ")]


def test_everything() -> None:
    assert github(everything(**SHORT)) == snapshot("""\
::error title=slower%2C confirmed%3A machine%3A memory::slower, confirmed: 1.050x (1.040 to 1.060), margin 1.5%25, 9 processes before, 1 now. It moved.
::error title=slower%2C confirmed%3A bench_epoch[slow]::slower, confirmed: 1.05x (1.03 to 1.07), margin 1.5%25, 5 processes before, 4 now, cause: machine (memory). As slower as it is.
::warning title=Forced::Forced: what can't be compared was compared all the same; do not rely on it.
::warning title=slower%2C not confirmed%3A bench_epoch[perhaps]::slower, not confirmed: 1.20x (1.18 to 1.22), margin 1.5%25, 5 processes before, 4 now. As slower as it is.
::warning title=unclear%3A bench_epoch[unclear]::unclear: 1.01x (0.99 to 1.03), margin 1.5%25, 5 processes before, 4 now. As unclear as it is.
::warning title=untrusted%3A bench_epoch[disturbed]::untrusted: 1.50x (1.47 to 1.53), margin 1.5%25, 5 processes before, 4 now. As untrusted as it is.
::warning title=not comparable%3A bench_epoch[gone]::not comparable: –, margin 1.5%25. As not comparable as it is.
::notice title=Slower%2C and confirmed%3A 2 slower (1 confirmed)%2C 1 unclear%2C 1 untrusted%2C 1 not comparable%2C 1 faster%2C 1 same%2C 1 new; machine slower (memory).::other against one. Beware of this. The rule compare on this machine, measured 2026-11-23T01:00:00Z: of identical code 1 of 300 (0.00844%25 to 1.84%25) called slower; 280 of 300 (89.9%25 to 95.9%25) called the same; of slowdowns by 3%25 45 of 50 (78.2%25 to 96.7%25) found; of slowdowns by 5%25 50 of 50 (92.9%25 to 100%25) found (results/selftest/a.json).
""")


def test_only_what_is_confirmed_is_an_error() -> None:
    text = github(judgement(SLOWER, PERHAPS, UNCLEAR, MISSING, SAME))
    assert len(commands(text, "error")) == 1
    assert len(commands(text, "warning")) == 3
    assert len(commands(text, "notice")) == 1


def test_titles_and_texts_are_escaped_as_github_demands() -> None:
    odd = replace(SLOWER, name="50%,a:b\r\n::c", reason="100%: yes,\nno")
    (command,) = commands(github(judgement(odd)), "error")
    title, _, message = command.removeprefix("::error title=").partition("::")
    assert title == "slower, confirmed: 50%,a:b ::c".replace("%", "%25").replace(
        ":", "%3A"
    ).replace(",", "%2C")
    assert message.endswith("100%25: yes, no")
    assert "margin 1.5%25" in message


def test_cases_of_one_reason_are_told_together() -> None:
    text = github(judgement(*(replace(MISSING, name=f"case {n}") for n in range(300))))
    (warning,) = commands(text, "warning")
    assert "300 cases" in warning
    assert len(warning) < 2500


def test_the_tenth_stands_for_all_that_are_left() -> None:
    many = [replace(SLOWER, name=f"case {n}") for n in range(12)]
    errors = commands(github(judgement(*many)), "error")
    assert len(errors) == 10
    assert "title=and 3 more::In the summary" in errors[-1]
    assert "case 11" in errors[-1]
    assert len(commands(github(judgement(*many[:10])), "error")) == 10
    assert "and" not in commands(github(judgement(*many[:10])), "error")[-1].split("::")[1]
