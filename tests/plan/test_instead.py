"""A misspelt name is answered with what was probably meant, not with all that there are."""

from __future__ import annotations

import pytest

from bench.plan.values import instead
from kernels.registry import discover

KERNELS = [*discover().train, *discover().update]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("nd.fusd", "nd.fused"),
        ("ND.Autograd", "nd.autograd"),
        ("numpy.closedform", "numpy.closed_form"),
    ],
)
def test_the_nearest_names_are_asked_for(given: str, meant: str) -> None:
    answer = instead(given, KERNELS)
    assert answer.startswith(f"did you mean {meant}")
    assert answer.count(" or ") <= 2


def test_a_short_list_is_given_whole_and_a_long_one_is_not() -> None:
    assert instead("x", ("quick", "full")) == "there are: quick, full."
    assert instead("???", KERNELS) == f"minibatch-bench list shows all {len(KERNELS)}."
