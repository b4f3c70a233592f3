"""The CUDA source of this folder as whoever compiles it needs it: text, names, signatures.

CuPy and ``mx.rtc`` both hand the text to NVRTC, NVIDIA's compiler in a library; nothing is
compiled before a kernel is first prepared on a GPU.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "sgd.cu"

#: What an update kernel launches: plain, with momentum.
UPDATE, MOMENTUM_UPDATE = "sgd_update", "sgd_momentum_update"
#: What a whole-epoch kernel launches: plain, with momentum.
EPOCH, MOMENTUM_EPOCH = "sgd_epoch", "sgd_momentum_epoch"
EXPORTS = (UPDATE, MOMENTUM_UPDATE, EPOCH, MOMENTUM_EPOCH)

_ENTRY = re.compile(
    r'extern "C" __global__ void (?:__launch_bounds__\(\w+\)\s+)?(\w+)\(([^)]*)\)'
)


@cache
def text() -> str:
    """Return the source.

    Returns
    -------
    str
    """
    return FILE.read_text(encoding="utf-8")


@cache
def signatures() -> dict[str, str]:
    """Return what each kernel takes, as it is declared.

    Returns
    -------
    dict of str to str
        By the kernel's name: ``float *w, const float *g, float eta, int n``, on one line,
        as ``mx.rtc`` wants it.
    """
    return {name: " ".join(given.split()) for name, given in _ENTRY.findall(text())}
