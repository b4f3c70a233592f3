"""What ``sgd.cu`` says of itself is what those who launch its kernels need."""

from __future__ import annotations

import re

import pytest

from kernels.cuda import geometry, source

#: How ``mxnet/rtc.py`` of MXNet 1.9.1 reads a parameter, and the types it knows that fit.
MXNET_PARAMETER = re.compile(r"^(const)?\s?([\w_]+)\s?(\*)?\s?([\w_]+)?$")
MXNET_TYPES = {"float", "int"}


def test_every_kernel_is_found_in_the_source() -> None:
    assert tuple(source.signatures()) == source.EXPORTS


@pytest.mark.parametrize("name", source.EXPORTS)
def test_mxnet_can_read_every_signature(name: str) -> None:
    for parameter in source.signatures()[name].split(","):
        match = MXNET_PARAMETER.match(parameter.strip())
        assert match, parameter
        assert match.group(2) in MXNET_TYPES


def test_what_is_written_to_is_not_constant() -> None:
    written = {
        name: re.findall(r"(?<!const )(?:float|int) \*(\w+)", given)
        for name, given in source.signatures().items()
    }
    assert written == {
        "sgd_update": ["w"],
        "sgd_momentum_update": ["w", "v"],
        "sgd_epoch": ["weight", "bias", "workspace", "arrived"],
        "sgd_momentum_epoch": ["weight", "bias", "velocity", "workspace", "arrived"],
    }


def test_nothing_is_included() -> None:
    assert "#include" not in source.text()


@pytest.mark.parametrize(
    ("name", "value"),
    [("WARP", geometry.WARP), ("MOST_THREADS", geometry.MOST_THREADS), ("HELD", geometry.HELD)],
)
def test_the_source_and_the_geometry_agree(name: str, value: int) -> None:
    assert f"#define {name} {value}\n" in source.text()
