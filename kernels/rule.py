"""What one update of the parameters is: plain SGD, or SGD with momentum.

Plain::

    p <- p - eta g

With momentum mu, as MXNet writes it (``sgd_mom_update``), the rate inside the velocity::

    v <- mu v - eta g
    p <- p + v

and as PyTorch and optax write it, the rate outside (Sutskever, Martens, Dahl & Hinton
2013, ICML, PMLR 28:1139, section 2, discuss the first)::

    v <- mu v + g
    p <- p - eta v

Both are the same while the learning rate stays the same; under a schedule they differ, so
a kernel says which one it does and the reference follows.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The usual coefficient, and the one of every momentum kernel here.
MOMENTUM = 0.9


@dataclass(frozen=True)
class UpdateRule:
    """An update rule.

    Attributes
    ----------
    momentum : float
        mu; 0 for plain SGD.
    rate_in_velocity : bool
        Whether the learning rate goes into the velocity.
    """

    momentum: float = 0.0
    rate_in_velocity: bool = True

    def rate(self, eta: float) -> float:
        """Return the rate that moves the parameters as far as plain SGD does with eta.

        A constant gradient g moves the parameters by ``eta g / (1 - mu)`` a step in the
        end, so the rate is ``(1 - mu) eta``.
        """
        return (1.0 - self.momentum) * eta


PLAIN = UpdateRule()
VELOCITY_WITH_RATE = UpdateRule(MOMENTUM, rate_in_velocity=True)
VELOCITY_OF_GRADIENTS = UpdateRule(MOMENTUM, rate_in_velocity=False)
