"""``triton.fused_step``: a step in one launch, or in two.

    r = X w + b - y            a program takes some rows, and keeps them while it
    g = [X^T r, sum(r)]        adds up its part of the gradient
    p = p - (eta / m) g        p = [w, b]; by the same program where there is one only

Reference: Tillet, Kung & Cox 2019, MAPL; Triton manual, "Fused Softmax".

Differs from ``torch.closed_form`` in the launches, one or two for five, and in reading X
once: the residuals are never in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kernels.backends.torch.batches import InMemory
from kernels.backends.torch.imports import torch
from kernels.backends.triton.devices import select
from kernels.backends.triton.geometry import COLUMNS, MOST_PROGRAMS, StepShape, step_shape
from kernels.backends.triton.imports import jitted
from kernels.cost import StepCost
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.contract import Start, Weight


@dataclass
class TritonState:
    """Tensors of one training.

    Attributes
    ----------
    batches : InMemory
    theta : Tensor, shape (n_features + 1,)
        The weights and, last, the bias.
    parts : Tensor, shape (programs, n_features + 1)
        What each program adds up.
    shape : StepShape
        Of a full batch, and of a short one.
    add_up, update_from_parts : object
        The compiled kernels.
    """

    batches: InMemory
    theta: Any
    parts: Any
    shape: StepShape
    add_up: Any
    update_from_parts: Any


class TritonFusedStep(StepKernel):
    """One launch for a small batch, two for a large one."""

    name = "triton.fused_step"
    backend = "triton"
    operator = "add_up, update_from_parts"
    saves = "launches, the second pass over X, and every temporary but parts of the gradient"
    # X and y are read once. d + 1 values: p read and written; where a batch is shared by
    # several programs their parts go through the second cache, which is not counted.
    cost = StepCost(features=1, samples=1, parameters=2)

    def prepare(
        self,
        workload: Workload,
        device: str,
        batch_size: int,
        loader: str,  # noqa: ARG002 - there is one
        start: Start,
    ) -> TritonState:
        """Copy the data and the start to the GPU; allocate the parts."""
        where, d = select(device), workload.n_features
        theta = torch.tensor([*start.weight, start.bias], dtype=torch.float32, device=where)
        shape = step_shape(min(batch_size, workload.n_samples), d)
        return TritonState(
            batches=InMemory(workload, device, batch_size),
            theta=theta,
            parts=torch.zeros((shape.programs, d + 1), device=where),
            shape=shape,
            add_up=jitted.add_up,
            update_from_parts=jitted.update_from_parts,
        )

    def reset(self, state: TritonState, start: Start) -> None:
        """Write the start into the parameters of a state."""
        state.theta.copy_(torch.tensor([*start.weight, start.bias], dtype=torch.float32))

    def step(self, state: TritonState, X: Any, y: Any, eta: float) -> None:
        """Enqueue the step."""
        shape, theta, parts = state.shape, state.theta, state.parts
        m, d = X.shape
        rate, alone = eta / m, shape.programs == 1
        state.add_up[(shape.programs,)](
            X, y, theta, parts, rate, m, d, ROWS=shape.rows, COLUMNS=shape.columns, ALONE=alone
        )
        if not alone:
            state.update_from_parts[(d // COLUMNS + 1,)](
                parts, theta, rate, d + 1, shape.programs, PARTS=MOST_PROGRAMS, COLUMNS=COLUMNS
            )

    def parameters(self, state: TritonState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        theta: Weight = state.theta.to("cpu", copy=True).numpy()
        return theta[:-1], float(theta[-1])


KERNEL = TritonFusedStep()
