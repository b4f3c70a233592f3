"""``sgd.cu`` compiles with NVIDIA's own compiler; neither needs a GPU."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kernels.cuda import source
from kernels.cuda.geometry import MOST_THREADS, SHARED_BYTES, UPDATE_BLOCKS, UPDATE_THREADS

nvrtc: Any = pytest.importorskip(
    "cuda.bindings.nvrtc", reason="NVRTC is not installed: pip install -e '.[nvrtc]' brings it"
)
pytestmark = pytest.mark.slow
#: Threads and KiB of shared memory that a multiprocessor holds (CUDA C++ Programming Guide,
#: "Technical Specifications per Compute Capability"): M40, P100, P40, V100, T4, A100, A10, L4,
#: H100, B200, RTX 5090. All have 65,536 registers, given out by the eight to each thread.
MULTIPROCESSORS = {
    "52": (2048, 96),
    "60": (2048, 64),
    "61": (2048, 96),
    "70": (2048, 96),
    "75": (1024, 64),
    "80": (2048, 164),
    "86": (1536, 100),
    "89": (1536, 100),
    "90": (2048, 228),
    "100": (2048, 228),
    "120": (1536, 100),
}
N_REGISTERS, REGISTERS_AT_A_TIME = 65_536, 8
#: What NVRTC says of the oldest of them, whatever the source.
DEPRECATED = "Architectures prior to"
#: What the assembler says of one kernel.
TOLD = re.compile(
    r"Compiling entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, "
    r"(\d+) bytes spill loads.*?Used (\d+) registers",
    re.DOTALL,
)


class Compiled:
    """A program that NVRTC has compiled."""

    def __init__(self, *options: str) -> None:
        self._program = self._call(
            nvrtc.nvrtcCreateProgram, source.text().encode(), b"sgd.cu", 0, [], []
        )
        given = [option.encode() for option in options]
        (code,) = nvrtc.nvrtcCompileProgram(self._program, len(given), given)
        self.log = self._read(nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog)
        assert code == nvrtc.nvrtcResult.NVRTC_SUCCESS, self.log.decode()

    @staticmethod
    def _call(function: Any, *arguments: Any) -> Any:
        code, *results = function(*arguments)
        assert code == nvrtc.nvrtcResult.NVRTC_SUCCESS, function
        return results[0] if results else None

    def _read(self, size_of: Any, read: Any) -> bytes:
        # NVRTC writes into it. Bytes of length one are the interpreter's own, shared by all:
        # an empty log, written there, would change what b" " means everywhere.
        buffer: bytes = b" " * max(2, self._call(size_of, self._program))
        self._call(read, self._program, buffer)
        return buffer.rstrip(b"\0 ")

    @property
    def warnings(self) -> list[str]:
        lines = self.log.decode().splitlines()
        return [line for line in lines if line.strip() and DEPRECATED not in line]

    @property
    def entries(self) -> set[str]:
        ptx = self._read(nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX).decode()
        return {*re.findall(r"\.visible \.entry (\w+)\(", ptx)}

    @property
    def machine_code(self) -> bytes:
        return self._read(nvrtc.nvrtcGetCUBINSize, nvrtc.nvrtcGetCUBIN)


@pytest.mark.parametrize("capability", MULTIPROCESSORS)
def test_machine_code_for_every_gpu(capability: str) -> None:
    compiled = Compiled(f"--gpu-architecture=sm_{capability}")
    assert compiled.warnings == []
    assert compiled.machine_code.startswith(b"\x7fELF")
    assert compiled.entries == {*source.EXPORTS}
    for name in source.EXPORTS:
        assert name.encode() in compiled.machine_code


def resident(capability: str, registers: int, threads: int, shared_bytes: int) -> int:
    """Return how many blocks one multiprocessor holds at once."""
    most_threads, shared_kib = MULTIPROCESSORS[capability]
    given = -(-registers // REGISTERS_AT_A_TIME) * REGISTERS_AT_A_TIME
    by_shared = shared_kib * 1024 // shared_bytes if shared_bytes else most_threads
    return min(most_threads // threads, N_REGISTERS // (given * threads), by_shared)


@pytest.mark.parametrize("capability", MULTIPROCESSORS)
def test_hardly_anything_is_spilled_and_every_block_has_its_place(capability: str) -> None:
    log = Compiled(f"--gpu-architecture=sm_{capability}", "--ptxas-options=-v").log.decode()
    told = {name: [*map(int, rest)] for name, *rest in TOLD.findall(log)}
    assert told.keys() == {*source.EXPORTS}
    for name, (stack, stored, loaded, registers) in told.items():
        # 64 registers, all that 1024 threads may have, are a few bytes too few on some.
        assert max(stack, stored, loaded) <= 16, name
        if name.endswith("epoch"):
            # The grid's barrier waits for all blocks: the largest has to fit on each.
            largest = resident(capability, registers, MOST_THREADS, SHARED_BYTES)
            assert largest >= 1, registers
        else:
            most_threads, _ = MULTIPROCESSORS[capability]
            full = min(UPDATE_BLOCKS, most_threads // UPDATE_THREADS)
            assert resident(capability, registers, UPDATE_THREADS, 0) >= full, registers


def test_reading_an_empty_log_leaves_the_blank_as_it_is() -> None:
    assert Compiled("--gpu-architecture=sm_90").log == b""
    assert ord(b"a blank".removeprefix(b"a")[:1]) == 0x20


def test_without_options_as_mxnet_compiles_it() -> None:
    compiled = Compiled()
    assert compiled.warnings == []
    assert compiled.entries == {*source.EXPORTS}


@pytest.mark.parametrize("standard", ["c++14", "c++17"])
def test_in_the_standards_that_nvrtc_has_by_default(standard: str) -> None:
    compiled = Compiled(f"--std={standard}")
    assert compiled.warnings == []
