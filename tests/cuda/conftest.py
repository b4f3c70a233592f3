"""``sgd.cu``, compiled for the CPU once a session."""

from __future__ import annotations

import pytest

from tests.cuda import emulated


@pytest.fixture(scope="session")
def emulation(tmp_path_factory: pytest.TempPathFactory) -> emulated.Emulation:
    if emulated.compiler() is None:
        pytest.skip("no C++ compiler (g++ or clang++) is here to build the emulation with")
    folder = tmp_path_factory.mktemp("emulation")
    done = emulated.build(folder)
    if done.returncode and "-std=c++20" in done.stderr:
        pytest.skip(f"the C++ compiler knows no C++20: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "the compiler warns"
    return emulated.Emulation(folder / "emulation.so")
