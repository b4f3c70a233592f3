"""Where MXNet kernels get their batches from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.imports import mx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.workload import Workload
    from kernels.contract import Order


def context(device: str) -> Any:
    """Return MXNet's context of a device.

    Parameters
    ----------
    device : str
        ``cpu(0)``, ``gpu(1)``, …

    Returns
    -------
    mxnet.Context
    """
    kind, _, number = device.rstrip(")").partition("(")
    return mx.Context(kind, int(number))


class InMemory:
    """One permutation on the device, then slices of it.

    An epoch costs one copy of the order to the device, two ``take`` operators, and two
    views a batch.
    """

    def __init__(self, workload: Workload, device: str, batch_size: int) -> None:
        self._context = context(device)
        self._batch_size = batch_size
        self.features = mx.nd.array(workload.features, ctx=self._context, dtype="float32")
        self.labels = mx.nd.array(workload.labels, ctx=self._context, dtype="float32")

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        """Yield the batches of one epoch: features (m, n_features), labels (m,)."""
        index = mx.nd.array(order, ctx=self._context, dtype="int32")
        features = mx.nd.take(self.features, index)
        labels = mx.nd.take(self.labels, index)
        for first in range(0, len(order), self._batch_size):
            last = first + self._batch_size
            yield features[first:last], labels[first:last]


class _OrderSampler:
    """A Gluon sampler that yields the order it was last given."""

    def __init__(self) -> None:
        self.order: list[int] = []

    def __iter__(self) -> Iterator[int]:
        return iter(self.order)

    def __len__(self) -> int:
        return len(self.order)


class DataLoader:
    """Gluon's DataLoader over an ArrayDataset, as in the published notebook.

    It picks every sample by itself in Python and stacks them into a batch on the CPU; on
    another device the batch is then copied there. The loader is made once: its
    constructor waits for all work under way.
    """

    def __init__(self, workload: Workload, device: str, batch_size: int) -> None:
        self._context = context(device)
        self._sampler = _OrderSampler()
        self.features = mx.nd.array(workload.features, ctx=self._context, dtype="float32")
        self.labels = mx.nd.array(workload.labels, ctx=self._context, dtype="float32")
        data = mx.gluon.data
        cpu = mx.cpu()
        dataset = data.ArrayDataset(
            self.features.as_in_context(cpu), self.labels.as_in_context(cpu)
        )
        batches = data.BatchSampler(self._sampler, batch_size, "keep")
        self._loader = data.DataLoader(dataset, batch_sampler=batches)

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        """Yield the batches of one epoch: features (m, n_features), labels (m,)."""
        self._sampler.order = order.tolist()
        device = self._context
        for features, labels in self._loader:
            yield features.as_in_context(device), labels.as_in_context(device)


LOADERS: dict[str, type[InMemory | DataLoader]] = {
    "inmemory": InMemory,
    "dataloader": DataLoader,
}
