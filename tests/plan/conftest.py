"""The fake device, for what is estimated of it."""

from tests.measure.conftest import device

__all__ = ["device"]
