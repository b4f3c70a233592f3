"""``gluon.update_on_kvstore``: as ``gluon.kvstore_local``, the store does the updates.

    l = (Dense(X) - y)^2 / 2           shape (m,)
    push dl/dp; the store does p = p - eta / m  d(sum l)/dp; pull p

Reference: MXNet 1.9 API, ``gluon.Trainer``, argument ``update_on_kvstore``.

Differs from ``gluon.kvstore_local`` in who updates: the store keeps the parameters, and
the trainer pulls them.
"""

from __future__ import annotations

from typing import Any

from kernels.backends.mxnet.imports import mx
from kernels.train.gluon_trainer import GluonTrainer


class GluonUpdateOnKvstore(GluonTrainer):
    """``gluon.trainer`` with a 'local' key-value store that updates."""

    name = "gluon.update_on_kvstore"
    saves = "pulling the gradients, against gluon.kvstore_local; it pulls the parameters"

    def stores(self) -> dict[str, Any]:
        """Make a store, and let it do the updates."""
        return {"kvstore": mx.kvstore.create("local"), "update_on_kvstore": True}


KERNEL = GluonUpdateOnKvstore()
