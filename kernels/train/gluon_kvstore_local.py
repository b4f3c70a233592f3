"""``gluon.kvstore_local``: as ``gluon.trainer``, the gradients through a key-value store.

    l = (Dense(X) - y)^2 / 2           shape (m,)
    push dl/dp, pull it back           by ``kvstore`` 'local'
    p = p - eta / m  d(sum l)/dp       by ``Trainer.step(m)``

Reference: MXNet 1.9 API, ``gluon.Trainer``, argument ``kvstore``.

Differs from ``gluon.trainer`` in the store that adds up the gradients of several devices.
On one device there is nothing to add, so the trainer leaves out a store that it is given by
name; given the store itself it uses it, which is what a second device would cost.
"""

from __future__ import annotations

from typing import Any

from kernels.backends.mxnet.imports import mx
from kernels.train.gluon_trainer import GluonTrainer


class GluonKvstoreLocal(GluonTrainer):
    """``gluon.trainer`` with a 'local' key-value store, updates by the trainer."""

    name = "gluon.kvstore_local"
    saves = "nothing: it adds the store that several devices need"

    def stores(self) -> dict[str, Any]:
        """Make a store, and leave the updates to the trainer."""
        return {"kvstore": mx.kvstore.create("local"), "update_on_kvstore": False}


KERNEL = GluonKvstoreLocal()
