"""Whether NVIDIA's libraries may round the factors of float32 products to 10 bits (TF32).

On GPUs from compute capability 8.0 on cuBLAS does so where a library lets it, as MXNet does for
``linalg_gemm`` and so for Gluon's ``Dense``. Such a product does not match the reference to
float32, so it is forbidden unless a user allows it: before any library is loaded, for each
reads the environment once.
"""

from __future__ import annotations

import os

#: ``0`` forbids it to all libraries of NVIDIA's; what a user has set stays.
OVERRIDE = "NVIDIA_TF32_OVERRIDE"
#: Of a process whose libraries are to decide. NVIDIA has no value of `OVERRIDE` that says so,
#: and processes inherit the variables of those that start them.
ALLOWING = {"MINIBATCH_BENCH_TF32": "1"}


def settle() -> None:
    """Forbid it to libraries that are loaded from now on, unless the environment allows it."""
    if not ALLOWING.items() <= os.environ.items():
        os.environ.setdefault(OVERRIDE, "0")
    elif os.environ.get(OVERRIDE) == "0":
        del os.environ[OVERRIDE]


def allow() -> None:
    """Leave it to the libraries that are loaded from now on, here and in child processes."""
    os.environ.update(ALLOWING)
    settle()


def is_allowed() -> bool:
    """Say whether libraries may round factors."""
    return os.environ.get(OVERRIDE) != "0"


def rounds(device: str) -> bool:
    """Say whether factors of products on a device may be rounded: on a GPU, where allowed."""
    return device.startswith("gpu") and is_allowed()
