"""Workloads by name."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import data
from data import airfoil, synthetic
from data.errors import DataError

NAMES = ["airfoil", "airfoil-5", "synthetic-200x3", "synthetic-200x3-cond1-noise0.5-seed9"]


@pytest.mark.parametrize("name", NAMES)
def test_a_workload_goes_by_the_name_it_was_asked_for(name: str) -> None:
    workload = data.load(name)
    assert workload.name == name
    assert workload.n_samples == data.n_samples(name)
    assert data.load(name) is workload


@pytest.mark.parametrize("name", NAMES)
def test_shared_arrays_cannot_be_written(name: str) -> None:
    workload = data.load(name)
    for array in (workload.features, workload.labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("name", NAMES)
def test_workloads_can_be_sent_to_another_process(name: str) -> None:
    workload = data.load(name)
    copy = pickle.loads(pickle.dumps(workload))  # noqa: S301 - our own bytes
    assert np.array_equal(copy.features, workload.features)
    assert copy.default_learning_rate(7) == workload.default_learning_rate(7)


def test_n_samples_is_known_without_making_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("n_samples made a workload")

    monkeypatch.setattr(airfoil, "load", refuse)
    monkeypatch.setattr(synthetic, "generate", refuse)
    assert data.n_samples("airfoil") == 1500
    assert data.n_samples("airfoil-5") == 1500
    assert data.n_samples("synthetic-1000000x1000") == 1_000_000


@pytest.mark.parametrize("name", ["", "airfoil-4", "Airfoil", "mnist", "airfoil "])
def test_unknown_names_are_refused_with_what_is_allowed(name: str) -> None:
    for ask in (data.load, data.n_samples):
        with pytest.raises(DataError, match="there is no workload") as caught:
            ask(name)
        assert repr(name) in str(caught.value)
        for allowed in data.names():
            assert allowed in str(caught.value)


@pytest.mark.parametrize("name", ["synthetic", "synthetic-10", "synthetic-5x8"])
def test_wrong_synthetic_names_say_why(name: str) -> None:
    for ask in (data.load, data.n_samples):
        with pytest.raises(DataError, match=r"write synthetic-<|ask for at least 10 samples"):
            ask(name)


def test_names_start_with_the_fixed_ones() -> None:
    *fixed, pattern = data.names()
    assert fixed == ["airfoil", "airfoil-5"]
    assert pattern.startswith("synthetic-<samples>x<features>")
