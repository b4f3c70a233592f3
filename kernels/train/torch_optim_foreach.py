"""``torch.optim_foreach``: ``optim.SGD`` over all parameters at once.

    p = p - eta dloss/dp       by ``_foreach_add_``, one operator for all parameters

Reference: PyTorch manual, ``torch.optim.SGD`` with ``foreach=True``, its default on GPUs.

Differs from ``torch.optim`` in handing over lists: on a GPU one launch serves many tensors;
on a CPU the operator loops over them.
"""

from __future__ import annotations

from kernels.backends.torch.optim_training import TorchOptimKernel


class TorchOptimForeach(TorchOptimKernel):
    """SGD on lists of tensors."""

    name = "torch.optim_foreach"
    operator = "_foreach_add_"
    implementation = {"foreach": True}  # noqa: RUF012 - the base says what it is
    saves = "dispatch of the update: one operator for all parameters, not one for each"


KERNEL = TorchOptimForeach()
