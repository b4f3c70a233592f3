"""``quick`` answers which batch size; what judges does not follow it."""

from __future__ import annotations

from bench.plan.catalogue import module, usual_modules
from bench.plan.matrix import PAIRS, PRESETS, QUICK
from bench.plan.request import Request, select


def test_it_measures_enough_batch_sizes_for_an_answer() -> None:
    assert len(QUICK.batch_sizes) >= 5
    assert max(QUICK.batch_sizes) >= 30 * min(QUICK.batch_sizes)


def test_every_training_kernel_and_the_published_protocol_stay() -> None:
    chosen, pairs = (select(Request(preset=name, devices="cpu")) for name in ("quick", "pairs"))
    found, expected = (
        {case["kernel"] for case in one.cases_of(module("bench_epoch"))}
        for one in (chosen, pairs)
    )
    assert found == expected
    assert len(found) > 10
    assert list(chosen.cases_of(module("bench_notebook")))


def test_a_module_that_is_asked_for_by_name_has_all_its_values() -> None:
    chosen = select(Request(preset="quick", devices="cpu"))
    for name in usual_modules():
        few, all_of_it = (
            len(list(chosen.cases_of(module(name), named=named))) for named in (False, True)
        )
        assert 0 < few < all_of_it if name in QUICK.fewer else few == all_of_it


def test_what_ab_and_selftest_measure_is_as_before() -> None:
    assert PRESETS["pairs"] is PAIRS
    assert PAIRS.batch_sizes == (1, 10, 100, 1500)
    assert (PAIRS.epochs, PAIRS.seconds_per_case, PAIRS.fewer) == (3, 0.15, {})
