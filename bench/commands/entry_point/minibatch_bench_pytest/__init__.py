"""What pytest loads in every session of an environment that has this suite installed.

It stands beside `bench` under a name that nobody else has, and does nothing but look at the
command line: ``pytest --benchmark-only --pyargs bench.cases`` measures from any folder, with
the suite's options. A session that doesn't ask for that is left as it is, also where another
`bench` is meant.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

CASES = "bench.cases"
NAMES = ("bench", "kernels", "data")
HERE = Path(__file__).resolve()
#: Installed it stands beside the three packages, in a checkout below one of them.
FOLDERS = (HERE.parents[1], HERE.parents[4])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Load the suite's plugin where its cases are asked for by name.

    Raises
    ------
    pytest.UsageError
        When `bench` is the suite's, and `kernels` or `data` is not.
    """
    asked = any(one == CASES or one.startswith(f"{CASES}.") for one in args)
    manager = early_config.pluginmanager
    if not asked or not _is_ours("bench"):
        return
    for name in NAMES:
        if not _is_ours(name):
            raise pytest.UsageError(
                f"{CASES} needs minibatch-bench's own {name}, and another package of this name "
                f"comes first on the path: measure in a folder without it."
            )
    manager.import_plugin("bench.plugin")
    # In another project pytest takes these for no tests.
    early_config.addinivalue_line("python_files", "bench_*.py")
    early_config.addinivalue_line("python_functions", "bench_*")


def _is_ours(name: str) -> bool:
    spec = find_spec(name)
    origin = spec.origin if spec is not None else None
    return origin is not None and Path(origin).resolve().parent.parent in FOLDERS
