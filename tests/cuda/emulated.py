"""``sgd.cu`` compiled for the CPU: the kernels by name, launched on NumPy arrays."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.cuda import source

if TYPE_CHECKING:
    from kernels.cuda.geometry import Launch

HERE = Path(__file__).parent
FLAGS = ("-std=c++20", "-O2", "-Wall", "-Wextra", "-Wno-unknown-pragmas", "-pthread")
SCALARS = {"int": ctypes.c_int, "float": ctypes.c_float}
DTYPES = {"int": np.int32, "float": np.float32}


def compiler() -> str | None:
    """Return a C++ compiler, if there is one."""
    return shutil.which("g++") or shutil.which("clang++")


def build(folder: Path, flags: tuple[str, ...] = FLAGS) -> subprocess.CompletedProcess[str]:
    """Compile to ``emulation.so`` in a folder; what the compiler says is in the result."""
    command = [str(compiler()), *flags, "-shared", "-fPIC", "-I", str(source.FILE.parent)]
    command += [str(HERE / "emulation.cpp"), "-o", str(folder / "emulation.so")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Emulation:
    """The compiled kernels."""

    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library))

    def launch(self, name: str, launch: Launch, *arguments: Any) -> None:
        """Run a kernel to its end; arrays are handed over as they lie, and must fit."""
        parameters = source.signatures()[name].split(", ")
        assert len(arguments) == len(parameters), parameters
        converted: list[Any] = [launch.grid, launch.block, launch.shared_bytes]
        for declared, argument in zip(parameters, arguments, strict=True):
            kind = declared.removeprefix("const ").split()[0]
            if "*" in declared:
                assert argument.dtype == DTYPES[kind], declared
                assert argument.flags.c_contiguous, declared
                converted.append(ctypes.c_void_p(argument.ctypes.data))
            else:
                converted.append(SCALARS[kind](argument))
        overrun = self._library[f"launch_{name}"](*converted)
        assert not overrun, "a block has written beyond its shared memory"
