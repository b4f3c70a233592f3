"""From which size on a GPU is faster is read off the sizes that were measured."""

from __future__ import annotations

import pytest

from bench.advise.devices import FASTEST, Crossing, crossings
from bench.store import tidy
from tests.advise.made_up_machine import epoch, run, update

GPU = "gpu(0)"


@pytest.mark.parametrize(
    ("ratios", "faster_from", "slower_up_to"),
    [
        ({1: 0.1, 10: 0.9, 100: 2.0, 1000: 9.0}, 100, 10),
        ({1: 2.0, 10: 3.0}, 1, None),
        ({1: 0.1, 10: 0.9}, None, 10),
        ({1: 2.0, 10: 0.9}, None, 10),
        ({1: 2.0, 10: 0.5, 100: 1.5}, 100, 10),
        ({1: 1.0}, None, 1),
    ],
)
def test_the_crossing_is_the_size_from_which_on_the_gpu_stays_faster(
    ratios: dict[int, float], faster_from: int | None, slower_up_to: int | None
) -> None:
    found = Crossing("epoch", "made-up, inmemory", "k", GPU, ratios)
    assert (found.faster_from, found.slower_up_to) == (faster_from, slower_up_to)


def test_kernels_are_compared_with_themselves_and_the_fastest_with_the_fastest() -> None:
    table = tidy.frame(
        run(
            [
                epoch("both", 10, 2.0),
                epoch("both", 100, 1.0),
                epoch("both", 10, 4.0, device=GPU),
                epoch("both", 100, 0.25, device=GPU),
                epoch("cpu.only", 10, 0.5),
                epoch("gpu.only", 100, 0.125, device=GPU),
                epoch("both", 10, 9.0, loader="dataloader"),
            ]
        )
    )
    own, fastest = crossings(table)
    assert own == Crossing("epoch", "made-up, inmemory", "both", GPU, {10: 0.5, 100: 4.0})
    assert fastest.kernel == FASTEST
    assert fastest.ratios == {10: 0.125, 100: 8.0}


def test_updates_are_compared_by_parameters_and_tensors() -> None:
    table = tidy.frame(
        run(
            [
                update("u", 10, 1.0),
                update("u", 10, 2.0, device=GPU),
                update("u", 10, 6.0, device="gpu(1)"),
                update("u", 10, 3.0, n_tensors=100),
                update("u", 10, 1.0, n_tensors=100, device=GPU),
            ]
        )
    )
    own = [one for one in crossings(table) if one.kernel == "u"]
    assert [(one.what, one.gpu, one.ratios) for one in own] == [
        ("1 tensor", GPU, {10: 0.5}),
        ("1 tensor", "gpu(1)", {10: 1 / 6}),
        ("100 tensors", GPU, {10: 3.0}),
    ]


def test_without_two_devices_nothing_is_compared() -> None:
    assert crossings(tidy.frame(run([epoch("k", 10, 1.0)]))) == []
    assert crossings(tidy.frame(run([epoch("k", 10, 1.0, device=GPU)]))) == []
    assert crossings(tidy.frame(run([]))) == []
