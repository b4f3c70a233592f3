"""What holds for all tests: their options, marks, examples, and where they keep things."""

from __future__ import annotations

import contextlib
import gc
import getpass
import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from bench.convergence import step_counts
from kernels.backends import BACKENDS
from kernels.registry import discover

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where the tests are a shell's background job, SIGINT is ignored, and the processes that they
# start would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Where tests run in several processes these have a width of their own.
os.environ.pop("COLUMNS", None)

# A busy machine may take any time for an example. In CI the same ones are tried each time.
# Nothing is kept between runs: an example that failed is printed in a form to copy.
settings.register_profile(
    "usual",
    max_examples=25,
    deadline=None,
    derandomize="CI" in os.environ,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("slow", settings.get_profile("usual"), max_examples=100)
settings.load_profile("usual")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--expect-numpy",
        type=int,
        default=None,
        metavar="MAJOR",
        help="fail unless NumPy has this major version: keeps an environment honest",
    )


def pytest_collection_finish() -> None:
    """Collect garbage seldom, and never what is loaded by now: that is a lot."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as ``peer`` what a test of all kernels or backends does for one of a peer."""
    registry = discover()
    peers = {name for name in BACKENDS if name not in {"mxnet", "numpy"}}
    for kernels in (registry.train, registry.update):
        peers |= {name for name, kernel in kernels.items() if kernel.backend in peers}
    for item in items:
        if item.get_closest_marker("stand_in"):
            continue
        callspec = getattr(item, "callspec", None)
        for value in callspec.params.values() if callspec else ():
            if isinstance(value, str) and value in peers:
                item.add_marker("peer")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder that pytest keeps temporary folders in, once it is empty."""
    folder = Path(tempfile.gettempdir()) / f"pytest-of-{getpass.getuser()}"
    with contextlib.suppress(OSError):
        for link in folder.glob("*current"):
            if not link.exists():
                link.unlink()
        folder.rmdir()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the processes of a parallel session have in common."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"


@pytest.fixture(scope="session", autouse=True)
def _own_cache(shared: Path) -> Iterator[None]:
    """Keep the steps that tests count, and the index of runs, apart from those of a user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
        patch.setattr(step_counts.Statistics.__init__, "__defaults__", (shared / "counted",))
        yield


@pytest.fixture
def without_mxnet(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the processes that a test starts find no MXNet: its import takes them seconds."""
    folder = tmp_path_factory.mktemp("hidden")
    (folder / "mxnet.py").write_text("raise ModuleNotFoundError('hidden', name='mxnet')\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
