"""Takes a Gluon trainer back to before its first step, with all that it has allocated.

A trainer keeps velocities in updaters, and an updating store keeps a copy of the parameters
and an updater of its own. MXNet's way is a new store: ``Parameter.set_data`` drops the old
one, and a store that was handed over as an object refuses to be initialised a second time.
"""

from __future__ import annotations

from typing import Any


def assign(_key: object, value: Any, stored: Any) -> None:
    """Put a value in the place of what a store holds, where it would update it."""
    stored[:] = value


def put_to_rest(trainer: Any) -> None:
    """Put velocities at zero, and into an updating store what the parameters are now.

    Parameters
    ----------
    trainer : gluon.Trainer
        Also one that has done no step, and so has neither yet.
    """
    updaters = list(trainer._updaters)
    if trainer._update_on_kvstore:
        store = trainer._kvstore
        updaters.append(store._updater)
        store._set_updater(assign)
        for key, parameter in enumerate(trainer._params):
            store.push(key, parameter.data())
        store._set_updater(updaters[-1])
    for updater in updaters:
        for velocity in updater.states.values():
            if velocity is not None:
                velocity[:] = 0.0
