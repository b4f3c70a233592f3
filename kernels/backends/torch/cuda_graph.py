"""Captures a step as a CUDA graph.

Reference: PyTorch manual, "CUDA semantics", the section "CUDA Graphs".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.torch.imports import torch

if TYPE_CHECKING:
    from collections.abc import Callable

#: Runs before the capture, as PyTorch's manual does: libraries allocate in the first ones.
WARM_UPS = 3


def captured(step: Callable[[], object], where: Any) -> Any:
    """Capture what a function enqueues on a GPU; the capture itself runs nothing.

    Parameters
    ----------
    step : callable
        Works on tensors that stay where they are. Called ``WARM_UPS`` times before.
    where : torch.device

    Returns
    -------
    torch.cuda.CUDAGraph
        ``replay()`` enqueues all of it in one launch.
    """
    with torch.cuda.device(where):
        # Not on the default stream, which no graph can be captured on.
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UPS):
                step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # PyTorch's own stream for captures is on the GPU that was captured on first.
        with torch.cuda.graph(graph, stream=side):
            step()
    return graph
