"""``sgd.cu`` compiles with NVIDIA's own compiler; neither needs a GPU."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kernels.cuda import source

nvrtc: Any = pytest.importorskip(
    "cuda.bindings.nvrtc", reason="NVRTC is not installed: pip install -e '.[nvrtc]' brings it"
)
pytestmark = pytest.mark.slow
#: V100, T4, A100, A10, L4, H100.
CAPABILITIES = ("70", "75", "80", "86", "89", "90")
#: What NVRTC says of the oldest of them, whatever the source.
DEPRECATED = "Architectures prior to"


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


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_machine_code_for_every_gpu(capability: str) -> None:
    compiled = Compiled(f"--gpu-architecture=sm_{capability}")
    assert compiled.warnings == []
    assert compiled.machine_code.startswith(b"\x7fELF")
    assert compiled.entries == {*source.EXPORTS}
    for name in source.EXPORTS:
        assert name.encode() in compiled.machine_code


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
