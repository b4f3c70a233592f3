from __future__ import annotations

import numpy as np
import pytest


def test_numpy_is_the_version_that_this_environment_is_for(pytestconfig: pytest.Config) -> None:
    expected = pytestconfig.getoption("expect_numpy")
    if expected is None:
        pytest.skip("only with --expect-numpy")
    assert int(np.__version__.split(".")[0]) == expected
