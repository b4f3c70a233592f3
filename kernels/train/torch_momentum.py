"""``torch.momentum``: ``optim.SGD`` with momentum, tensor by tensor.

    v = mu v + g               by ``mul_`` and ``add_``
    p = p - eta v              by ``add_``

Reference: PyTorch manual, ``torch.optim.SGD`` with ``momentum=0.9, foreach=False``. Its
first step takes ``v = g``, which is the rule at ``v = 0``, as there is no dampening.

Differs from ``torch.optim`` in the velocity: two operators a parameter more.
"""

from __future__ import annotations

from kernels.backends.torch.optim_training import TorchOptimKernel
from kernels.cost import StepCost
from kernels.rule import VELOCITY_OF_GRADIENTS


class TorchMomentum(TorchOptimKernel):
    """SGD's loop over the parameters, with momentum."""

    name = "torch.momentum"
    operator = "mul_, add_, add_"
    rule = VELOCITY_OF_GRADIENTS
    saves = "nothing: it adds the velocity to torch.optim, to show what that costs"
    # As torch.optim; d + 1 values: v scaled in place (2), and one operator of two reads and
    # a write more (3).
    cost = StepCost(features=2, samples=11, parameters=10)


KERNEL = TorchMomentum()
