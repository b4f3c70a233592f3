"""PyTorch has the threads that it would have alone, also beside MXNet."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bench.plan.matrix import availability
from kernels.backends.torch.threads import threads_alone


@pytest.mark.parametrize(
    ("settings", "physical", "allowed", "expected"),
    [
        ({}, 8, 16, 8),
        ({}, 8, 4, 4),
        ({}, None, 4, 4),
        ({}, 0, 4, 4),
        ({"OMP_NUM_THREADS": "3"}, 8, 16, 3),
        ({"OMP_NUM_THREADS": "6,2"}, 8, 16, 6),
        ({"OMP_NUM_THREADS": ""}, 8, 16, 8),
        ({"OMP_NUM_THREADS": "many"}, 8, 16, 8),
    ],
)
def test_a_thread_for_each_core_unless_a_setting_says_otherwise(
    settings: dict[str, str], physical: int | None, allowed: int, expected: int
) -> None:
    assert threads_alone(settings, physical, allowed) == expected


@pytest.mark.peer
def test_mxnet_takes_no_thread_away() -> None:
    for backend in ("torch", "mxnet"):
        answer = availability(backend, "cpu(0)")
        if not answer:
            pytest.skip(str(answer))
    program = (
        "import sys\n"
        "if sys.argv[1] == 'beside':\n"
        "    import kernels.backends\n"
        "    kernels.backends.get('mxnet').probe()\n"
        "    from kernels.backends.torch import threads\n"
        "    threads.restore()\n"
        "import torch\n"
        "print(torch.get_num_threads())\n"
    )
    found = {
        how: subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, how],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for how in ("alone", "beside")
    }
    assert found["alone"] == found["beside"]
