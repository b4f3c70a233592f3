"""Where PyTorch kernels get their batches from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.torch.devices import named
from kernels.backends.torch.imports import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.workload import Workload
    from kernels.contract import Order


class InMemory:
    """One permutation on the device, then slices of it.

    An epoch costs one copy of the order to the device, two ``index_select`` operators, and
    two views a batch.
    """

    def __init__(self, workload: Workload, device: str, batch_size: int) -> None:
        self._device = named(device)
        self._batch_size = batch_size
        self.features = torch.tensor(workload.features, device=self._device)
        self.labels = torch.tensor(workload.labels, device=self._device)

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        """Yield the batches of one epoch: features (m, n_features), labels (m,)."""
        # A copy: PyTorch takes over no array that is reversed or read-only.
        index = torch.tensor(np.ascontiguousarray(order))
        index = index.to(self._device, non_blocking=True)
        features = self.features.index_select(0, index)
        labels = self.labels.index_select(0, index)
        for first in range(0, len(order), self._batch_size):
            last = first + self._batch_size
            yield features[first:last], labels[first:last]


class _OrderSampler:
    """A sampler that yields the order it was last given."""

    def __init__(self) -> None:
        self.order: list[int] = []

    def __iter__(self) -> Iterator[int]:
        return iter(self.order)

    def __len__(self) -> int:
        return len(self.order)


class DataLoader:
    """PyTorch's DataLoader over a TensorDataset, in the process that trains.

    It picks every sample by itself in Python and stacks them into a batch on the CPU; on
    another device the batch is then copied there.
    """

    def __init__(self, workload: Workload, device: str, batch_size: int) -> None:
        self._device = named(device)
        self._sampler = _OrderSampler()
        data = torch.utils.data
        dataset = data.TensorDataset(
            torch.tensor(workload.features), torch.tensor(workload.labels)
        )
        batches = data.BatchSampler(self._sampler, batch_size, drop_last=False)
        self._loader = data.DataLoader(dataset, batch_sampler=batches)

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        """Yield the batches of one epoch: features (m, n_features), labels (m,)."""
        self._sampler.order = order.tolist()
        device = self._device
        for features, labels in self._loader:
            yield features.to(device), labels.to(device)


LOADERS: dict[str, type[InMemory | DataLoader]] = {
    "inmemory": InMemory,
    "dataloader": DataLoader,
}
