"""MXNet is imported with NumPy's lost names on loan, or a sentence says why it is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kernels import backends
from kernels.backends.mxnet import imports
from kernels.backends.mxnet.imports import MXNetUnavailableError
from kernels.backends.mxnet.numpy_names import _lent, lent_names
from kernels.contract import Availability, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(_lent())

REPORT = """
import json, sys
import numpy as np
from kernels.backends.mxnet.numpy_names import _lent
before = [name for name in _lent() if name in vars(np)]
from kernels import backends
backend = backends.get("mxnet")
answer = backend.probe()
devices = backend.devices()
after = [name for name in _lent() if name in vars(np)]
seen = getattr(sys, "names_seen_by_mxnet", None)
print(json.dumps({
    "status": answer.status.value, "reason": answer.reason, "remedy": answer.remedy,
    "devices": {d.device: d.availability.status.value for d in devices},
    "before": before, "after": after, "seen": seen,
}))
"""


def report(first_on_path: Sequence[Path] = (), *options: str) -> dict[str, Any]:
    """Probe MXNet in a fresh interpreter."""
    path = os.pathsep.join(str(folder) for folder in (*first_on_path, ROOT))
    done = subprocess.run(
        [sys.executable, *options, "-c", REPORT],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def fake_mxnet(folder: Path, content: str) -> Path:
    package = folder / "mxnet"
    package.mkdir()
    (package / "__init__.py").write_text(content)
    return folder


@pytest.mark.slow
def test_numpy_is_its_own_again_after_the_import(mxnet: None) -> None:
    answer = report()
    assert answer["status"] == "available"
    assert answer["after"] == answer["before"]


NOTES = """
import sys
import numpy as np
from kernels.backends.mxnet.numpy_names import _lent
sys.names_seen_by_mxnet = [name for name in _lent() if name in vars(np)]
"""


def test_a_missing_system_library_is_broken_with_the_command_that_brings_it(
    tmp_path: Path,
) -> None:
    error = "libquadmath.so.0: cannot open shared object file: No such file or directory"
    answer = report([fake_mxnet(tmp_path, f"{NOTES}\nraise OSError({error!r})\n")])
    assert answer["status"] == "broken"
    assert "libquadmath.so.0" in answer["reason"]
    assert "apt-get install libquadmath0" in answer["remedy"]
    assert answer["devices"] == {"cpu(0)": "broken", "gpu(0)": "broken"}
    assert sorted(answer["seen"]) == NAMES
    assert answer["after"] == answer["before"]


def test_a_warning_does_not_stop_the_import(tmp_path: Path) -> None:
    content = (
        "import warnings\nwarnings.warn('old', DeprecationWarning)\n"
        "raise RuntimeError('after the warning')\n"
    )
    answer = report([fake_mxnet(tmp_path, content)], "-W", "error::DeprecationWarning")
    assert "after the warning" in answer["reason"]


@pytest.fixture
def numpy_of_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take from NumPy what later versions lack, whatever version is installed."""
    for name in NAMES:
        # np.trapz may only go where its successor has come.
        if name in vars(np) and name != "bool" and (name != "trapz" or "trapezoid" in vars(np)):
            monkeypatch.delattr(np, name)


@pytest.mark.usefixtures("numpy_of_the_future")
def test_names_are_lent_for_the_block_only() -> None:
    before = dict(vars(np))
    with lent_names():
        assert set(NAMES) <= set(vars(np))
        assert [np.__dict__[name] for name in ("PINF", "NINF", "PZERO")] == [
            np.inf,
            -np.inf,
            0.0,
        ]
        assert np.isnan(np.__dict__["NaN"])
        assert np.__dict__["product"]([2, 3]) == 6
        assert np.__dict__["alltrue"]([1, 0]) == np.False_
        assert np.__dict__["sometrue"]([1, 0]) == np.True_
        assert np.__dict__["in1d"]([1, 2], [2]).tolist() == [False, True]
        assert np.__dict__["msort"]([[2, 1], [1, 2]]).tolist() == [[1, 1], [2, 2]]
        assert np.__dict__["round_"](1.26, 1) == 1.3
    assert dict(vars(np)) == before


@pytest.mark.usefixtures("numpy_of_the_future")
def test_names_are_taken_back_when_the_block_raises() -> None:
    def lend_then_fail() -> None:
        with lent_names():
            raise KeyError

    before = dict(vars(np))
    with pytest.raises(KeyError):
        lend_then_fail()
    assert dict(vars(np)) == before


@pytest.mark.usefixtures("numpy_of_the_future")
def test_no_two_lent_functions_are_one_object() -> None:
    # MXNet keys a table by them: two names of one object would overwrite each other.
    renamed = ("alltrue", "in1d", "msort", "product", "round_", "sometrue", "trapz")
    with lent_names():
        lent = [np.__dict__[name] for name in renamed]
        assert len({id(function) for function in lent}) == len(lent)
        successors = (np.all, np.isin, np.sort, np.prod, np.round, np.any)
        assert not {id(function) for function in lent} & {id(f) for f in successors}


def test_what_numpy_has_is_neither_replaced_nor_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    own = object()
    monkeypatch.setattr(np, "product", own, raising=False)
    with lent_names():
        assert np.__dict__["product"] is own
    assert np.__dict__["product"] is own


@pytest.mark.usefixtures("numpy_of_the_future")
def test_functions_that_left_numpy_long_ago_say_so_when_called() -> None:
    with lent_names(), pytest.raises(NotImplementedError, match="removed from NumPy"):
        np.__dict__["npv"](0.1, [1, 2])


def test_without_mxnet_using_it_raises_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Availability(Status.MISSING, "mxnet is not installed.", "pip install it.")
    monkeypatch.setattr(imports, "_import", lambda: missing)
    assert imports.availability() == missing
    with pytest.raises(MXNetUnavailableError, match=r"missing: mxnet is not installed\. pip"):
        imports.load()
    with pytest.raises(MXNetUnavailableError, match="not installed"):
        imports._LazyModule("mxnet").nd  # noqa: B018 - the look-up is what imports
    assert backends.get("mxnet").probe() == missing
    assert [r.availability for r in backends.get("mxnet").devices()] == [missing, missing]


def test_a_package_that_is_not_there_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mxnet", None)
    answer = imports._import.__wrapped__()
    assert isinstance(answer, Availability)
    assert answer.status is Status.MISSING


@pytest.mark.parametrize(("wheel", "n_preloads"), [(None, 0), ("mxnet-cu112", 1)])
def test_cuda_libraries_are_loaded_before_the_gpu_wheel_only(
    monkeypatch: pytest.MonkeyPatch, wheel: str | None, n_preloads: int
) -> None:
    calls: list[None] = []
    monkeypatch.setitem(sys.modules, "mxnet", None)
    monkeypatch.setattr(imports, "gpu_wheel", lambda: wheel)
    monkeypatch.setattr(imports, "preload", lambda: calls.append(None))
    imports._import.__wrapped__()
    assert len(calls) == n_preloads


def test_once_used_the_names_are_plain_attributes(mxnet: None) -> None:
    lazy = imports._LazyModule("mxnet")
    assert "nd" not in vars(lazy)
    assert lazy.nd is imports.load().nd
    assert vars(lazy)["nd"] is lazy.nd


def test_a_name_that_mxnet_lacks_is_an_attribute_error(mxnet: None) -> None:
    with pytest.raises(AttributeError):
        imports.mx.no_such_name  # noqa: B018 - the look-up is the test


def test_versions_name_the_wheel_and_what_it_was_built_with(mxnet: None) -> None:
    versions = backends.get("mxnet").versions()
    assert versions["mxnet"] == imports.mx.__version__
    assert versions["mxnet_wheel"] in {"mxnet", "mxnet-cu112"}
    assert ("CUDA" in versions["mxnet_features"].split()) == (
        versions["mxnet_wheel"] == "mxnet-cu112"
    )
