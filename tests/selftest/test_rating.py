"""Rules tried on samples whose truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.compare.paired import Rounds
from bench.selftest.tried_rules import RULES, Rule, ab, rates_of, tries

if TYPE_CHECKING:
    from bench.selftest.tried_rules import Pool


BY_NAME = {rule.name: rule for rule in RULES}


def pool(n: int, between: float, within: float, seed: int = 0) -> Pool:
    """Pairs of processes that differ, whose rounds differ."""
    rng = np.random.default_rng(seed)

    def process() -> Rounds:
        level = np.exp(between * rng.standard_normal())
        return Rounds(list(level * np.exp(within * np.abs(rng.standard_normal(15)))))

    return [(process(), process()) for _ in range(n)]


def test_no_comparison_uses_what_another_has_used() -> None:
    for rule in RULES:
        for slowdown in (0.0, 0.1):
            said = tries(rule, pool(130, 0.001, 0.001), slowdown)
            assert 1 <= sum(one.used for one in said) <= 130


def test_quiet_samples_fool_no_rule_and_hide_no_slowdown() -> None:
    for rule in RULES:
        found = rates_of(rule, [pool(130, 0.001, 0.001)], "", "")
        assert found.false_slower.of >= 3
        if rule.name != "pyperf compare_to":  # however small a difference is, it may be found
            assert found.false_slower.count == 0
        ten = dict(found.found)[0.10]
        if rule.name != "asv continuous":  # 10% is just not beyond its factor of 1.1
            assert ten.count == ten.of > 0


def test_processes_that_differ_fool_those_that_look_at_one() -> None:
    """With 3% between processes, 5% between two of them is no rarity."""
    noisy = pool(400, 0.03, 0.01)
    rates = {rule.name: rates_of(rule, [noisy], "", "").false_slower for rule in RULES}
    assert rates["pytest-benchmark median:5%"].value > 0.05
    assert rates["ab"].count == 0


def test_a_slowdown_is_found_by_its_size() -> None:
    found = rates_of(BY_NAME["ab"], [pool(300, 0.01, 0.01)], "", "")
    shares = [share.value for _, share in found.found]
    assert shares == sorted(shares)
    assert dict(found.found)[0.03].value >= 0.9
    assert found.same.value >= 0.9


def test_a_comparison_that_would_go_on_is_not_counted() -> None:
    """Ten pairs are left of a case that ten can't decide: it would have got more."""
    assert ab(pool(10, 0.3, 0.01), 0.0) is None
    assert ab(pool(10, 0.3, 0.01), 0.0, most_pairs=10) is not None


@pytest.mark.parametrize(
    ("rule", "pairs"),
    [
        (BY_NAME["pytest-benchmark median:5%"], 1),
        (BY_NAME["asv continuous"], 3),
        (BY_NAME["pyperf compare_to"], 39),
    ],
)
def test_too_few_pairs_say_nothing(rule: Rule, pairs: int) -> None:
    assert rule.say(pool(pairs, 0.001, 0.001), 0.0) is None
    assert rule.say(pool(pairs + 1, 0.001, 0.001), 0.0) is not None


def test_pytest_benchmark_compares_what_it_says() -> None:
    rounds: Pool = [
        (Rounds([1.0, 2.0, 6.0]), Rounds([9.0])),
        (Rounds([9.0]), Rounds([1.04, 2.2, 6.2])),
    ]
    said = {
        statistic: BY_NAME[f"pytest-benchmark {statistic}:5%"].say(rounds, 0.0)
        for statistic in ("min", "median", "mean")
    }
    slower = {statistic: one is not None and one.slower for statistic, one in said.items()}
    assert slower == {"min": False, "median": True, "mean": False}


def test_rates_sum_up_over_cases() -> None:
    pools = [pool(30, 0.001, 0.001), pool(20, 0.001, 0.001)]
    rule = BY_NAME["asv continuous"]
    assert rates_of(rule, pools, "", "").false_slower.of == 15 - 1 + 10 - 1
