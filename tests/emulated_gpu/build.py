"""Builds what stands in for NVIDIA's libraries, so that the real MXNet GPU wheel runs without.

``python -m tests.emulated_gpu.build FOLDER HEADERS``: where to, and where the packages
``nvidia-cuda-runtime-cu11`` and ``nvidia-cuda-nvcc-cu11`` have been put for their headers; not
where Python finds them, for then the real runtime would be loaded. What is written by hand here
is the driver, the CUDA runtime and the products of cuBLAS; every other function that
``libmxnet.so`` asks for is made up, and fails when it is called. NVRTC, NVIDIA's compiler, is
the real one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import files
from pathlib import Path
from tempfile import TemporaryDirectory

from kernels.cuda import source
from tests.cuda import emulated

HERE = Path(__file__).parent
FLAGS = (*emulated.FLAGS, "-shared", "-fPIC", "-I", str(HERE), "-I", str(emulated.HERE))
#: Written by hand, by the library's name.
BY_HAND = {
    "libcuda.so.1": "libcuda.cpp",
    "libcudart.so.11.0": "libcudart.cpp",
    "libcublas.so.11": "libcublas.cpp",
}
#: Libraries without versions of their symbols: what the names begin with.
WITHOUT_VERSIONS = {"libcuda.so.1": "cu", "libnccl.so.2": "nccl"}
MADE_UP = re.compile(r"lib(cudnn|cufft|curand|cusolver|nvToolsExt|cublas|cudart)\.so")
#: MXNet makes these for every GPU, whether it uses them or not.
SUCCEEDS = re.compile(r"(cudnn|cusolverDn)(Create|SetStream|Destroy)")
_SYMBOL = re.compile(r" UND (?P<name>\w+)(?:@(?P<library>[\w.+]+))?")


def wanted(library: Path) -> dict[str, set[str]]:
    """Return the functions that a library asks NVIDIA's for, by the name of theirs."""
    listed = subprocess.run(
        [str(shutil.which("readelf")), "--dyn-syms", "--wide", str(library)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = defaultdict(set)
    for symbol in _SYMBOL.finditer(listed.stdout):
        name, version = symbol["name"], symbol["library"]
        if version is None:
            for without, begins in WITHOUT_VERSIONS.items():
                if re.match(f"{begins}[A-Z]", name):
                    found[without].add(name)
        elif MADE_UP.match(version):
            found[version].add(name)
    return found


def made_up(names: set[str]) -> str:
    """Return the text of functions that only fail; or only succeed, where MXNet must go on."""
    lines = ["[[maybe_unused]] static char one;"]
    for name in sorted(names):
        if name == "cudnnGetVersion":
            does = f"unsigned long {name}() {{ return 8101; }}"  # that MXNet was built with
        elif "GetErrorString" in name:
            does = f'const char *{name}() {{ return "not there: a stand-in"; }}'
        elif not SUCCEEDS.fullmatch(name):
            does = f"int {name}() {{ return 1; }}"
        elif name.endswith("Create"):
            does = f"int {name}(void **handle) {{ *handle = &one; return 0; }}"
        else:
            does = f"int {name}() {{ return 0; }}"
        lines.append(f'extern "C" {does}')
    return "\n".join([*lines, ""])


def build(library: str, names: set[str], folder: Path, headers: Path) -> None:
    """Compile a stand-in that has the given functions, of the library's own version."""
    by_hand = [HERE / BY_HAND[library]] if library in BY_HAND else []
    written = {one for path in by_hand for one in re.findall(r"(\w+)\(", path.read_text())}
    with TemporaryDirectory() as temporary:
        rest, versions = Path(temporary) / "rest.cpp", Path(temporary) / "versions"
        rest.write_text(made_up(names - written))
        command = [str(emulated.compiler()), *FLAGS, *map(str, by_hand), str(rest)]
        for included in (source.FILE.parent, *headers.glob("nvidia/*/include")):
            command += ["-I", str(included)]
        if library not in WITHOUT_VERSIONS:
            versions.write_text(f"{library} {{ global: *; }};\n")
            command.append(f"-Wl,--version-script={versions}")
        command += [f"-Wl,-soname,{library}", "-o", str(folder / library)]
        subprocess.run(command, check=True)


def main(folder: Path, headers: Path) -> None:
    """Build all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    (mxnet,) = (one for one in files("mxnet-cu112") or [] if one.name == "libmxnet.so")
    for library, names in wanted(Path(mxnet.locate())).items():
        build(library, names, folder, headers)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
