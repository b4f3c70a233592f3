from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.plan import values
from bench.plan.values import SelectionError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
KERNELS = ("gluon.hybrid", "gluon.trainer", "nd.autograd", "nd.sgd_update", "update.sgd_update")


def answer_of(read: Callable[[], T]) -> T | str:
    """Return what was read, or why it was refused."""
    try:
        return read()
    except SelectionError as refused:
        return str(refused)


def named(text: str) -> tuple[str, ...]:
    return values.names("--kernels", text, KERNELS, "kernel")


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("nd.autograd", ("nd.autograd",)),
        ("nd.sgd_update,gluon.hybrid", ("gluon.hybrid", "nd.sgd_update")),
        (" nd.autograd , nd.autograd,", ("nd.autograd",)),
        ("nd.*", ("nd.autograd", "nd.sgd_update")),
        ("*sgd_update", ("nd.sgd_update", "update.sgd_update")),
        ("nd.*,*.autograd", ("nd.autograd", "nd.sgd_update")),
        ("gluon.?rainer", ("gluon.trainer",)),
        ("*", KERNELS),
    ],
)
def test_names_and_patterns_come_in_the_order_of_what_is_there(
    text: str, chosen: tuple[str, ...]
) -> None:
    assert named(text) == chosen


@pytest.mark.parametrize("wrong", ["nd.autogard", "ND.AUTOGRAD", "nd", "cupy.*", "autograd"])
def test_a_name_or_pattern_that_matches_nothing_is_refused(wrong: str) -> None:
    with pytest.raises(SelectionError) as refused:
        named(f"nd.autograd,{wrong}")
    sentence = str(refused.value)
    near = {"nd.autogard", "ND.AUTOGRAD", "autograd"}
    end = "did you mean nd.autograd?" if wrong in near else f"there are: {', '.join(KERNELS)}."
    assert sentence == f"--kernels: {wrong!r} is no kernel; {end}"


@pytest.mark.parametrize("empty", ["", " ", ",", " , ,"])
def test_an_empty_list_is_refused(empty: str) -> None:
    for read in (
        lambda: named(empty),
        lambda: values.devices("--devices", empty),
        lambda: values.whole_numbers("--batch-sizes", empty, 10, "why"),
    ):
        with pytest.raises(SelectionError, match=r"^--[a-z-]+: the list is empty; give names"):
            read()


@given(st.lists(st.sampled_from(KERNELS), min_size=1), st.sampled_from([",", " ,", ", , "]))
def test_any_list_of_names_is_read_back(chosen: list[str], comma: str) -> None:
    assert named(comma.join(chosen)) == tuple(sorted(set(chosen)))


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("cpu", ("cpu(0)",)),
        ("cpu0", ("cpu(0)",)),
        ("cpu(0)", ("cpu(0)",)),
        ("gpu1", ("gpu(1)",)),
        ("gpu(12)", ("gpu(12)",)),
        ("gpu(007)", ("gpu(7)",)),
        ("gpu,cpu", ("gpu(0)", "cpu(0)")),
        ("cpu,cpu0,cpu(0)", ("cpu(0)",)),
        ("gpu(1), gpu0", ("gpu(1)", "gpu(0)")),
    ],
)
def test_devices_are_understood_in_all_spellings(text: str, chosen: tuple[str, ...]) -> None:
    assert values.devices("--devices", text) == chosen


@pytest.mark.parametrize(
    "wrong",
    [
        "tpu",
        "GPU",
        "gpu(",
        "gpu()",
        "gpu(-1)",
        "gpu(0)x",
        "gpu:0",
        "0",
        "gpu(1.5)",
        "gpu(" + "9" * 5000 + ")",
    ],
)
def test_what_is_no_device_is_refused(wrong: str) -> None:
    with pytest.raises(SelectionError) as refused:
        values.devices("--devices", f"cpu,{wrong}")
    sentence = str(refused.value)
    assert sentence.startswith(f"--devices: {wrong!r} is no device; ")
    assert sentence.endswith(("give cpu(0), gpu(0), gpu(1) and so on.", "(0)?", "(1)?"))


@given(st.lists(st.tuples(st.sampled_from(["cpu", "gpu"]), st.integers(0, 99)), min_size=1))
def test_devices_as_they_are_written_are_read_back(pairs: list[tuple[str, int]]) -> None:
    written = [f"{kind}({number})" for kind, number in pairs]
    assert values.devices("--devices", ",".join(written)) == tuple(dict.fromkeys(written))


@given(st.lists(st.integers(1, 1500), min_size=1))
def test_whole_numbers_come_sorted_and_once(numbers: list[int]) -> None:
    text = ",".join(map(str, numbers))
    assert values.whole_numbers("--batch-sizes", text, 1500, "why") == tuple(
        sorted(set(numbers))
    )


@pytest.mark.parametrize(
    "wrong", ["0", "-1", "1501", "1.5", "1e3", "ten", "0x10", "1_0", "٣", "9" * 5000, "NaN"]
)
def test_a_number_that_is_not_allowed_is_refused(wrong: str) -> None:
    with pytest.raises(SelectionError) as refused:
        values.whole_numbers("--batch-sizes", f"10,{wrong}", 1500, "the samples of airfoil")
    assert str(refused.value) == (
        f"--batch-sizes: {wrong!r} is not allowed; give whole numbers from 1 to 1500 "
        "(the samples of airfoil)."
    )


@given(st.text(max_size=12) | st.text("0123456789,-+ ", max_size=8), st.integers(1, 10**6))
def test_any_text_gives_allowed_numbers_or_one_sentence(text: str, largest: int) -> None:
    answer = answer_of(lambda: values.whole_numbers("--batch-sizes", text, largest, "why"))
    if isinstance(answer, str):
        assert re.match(r"--batch-sizes: .*; give ", answer, re.DOTALL)
    else:
        assert answer
        assert all(1 <= number <= largest for number in answer)


def test_one_name_is_no_list_and_no_pattern() -> None:
    assert values.one_of("--tables", "both", ("summary", "both"), "table") == "both"
    for wrong in ("summary,both", "*", "b?th", "", "Both"):
        with pytest.raises(SelectionError) as refused:
            values.one_of("--tables", wrong, ("summary", "both"), "table")
        assert str(refused.value).startswith(f"--tables: {wrong!r} is no table; ")


def test_one_whole_number_is_no_list() -> None:
    assert values.whole_number("--epochs", "+7") == 7
    assert values.whole_number("--epochs", "7,7") == 7
    with pytest.raises(SelectionError, match=r"--epochs: '3,7' is not allowed; give one num"):
        values.whole_number("--epochs", "3,7")
    with pytest.raises(SelectionError, match="--epochs: '10001' is not allowed; give whole"):
        values.whole_number("--epochs", "10001")


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False))
def test_a_positive_number_is_read_back(number: float) -> None:
    assert values.positive("--learning-rate", repr(number)) == number


@pytest.mark.parametrize(
    "wrong", ["0", "-0.5", "nan", "inf", "-inf", "fast", "", "1e999", "1,5"]
)
def test_what_is_not_positive_is_refused(wrong: str) -> None:
    with pytest.raises(SelectionError) as refused:
        values.positive("--learning-rate", wrong)
    assert str(refused.value) == (
        f"--learning-rate: {wrong!r} is not allowed; give a number above 0."
    )


@given(st.text(max_size=12) | st.text("0123456789.-+e_", max_size=8))
def test_any_text_gives_a_finite_number_above_0_or_is_refused(text: str) -> None:
    answer = answer_of(lambda: values.positive("--learning-rate", text))
    if isinstance(answer, str):
        assert repr(text) in answer
    else:
        assert 0 < answer < math.inf
