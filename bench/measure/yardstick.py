"""A fixed piece of work, timed beside each round: how fast the processor is at that moment.

A processor that shares its cores, its power or its machine is some percent slower for seconds
at a time. What two cases took in the same run can then differ by when each had its turn; what
the same work took at both times says by how much.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bench.measure.rounds import Clock

#: Small products and additions, as the kernels have. A product of this size is left to one
#: thread by every BLAS, and all of it stays in the nearest caches.
ROWS, PRODUCTS, ADDITIONS = 64, 4, 60
#: Done so often in all, about 0.2 ms on 3 GHz, and untimed before: what was timed last has
#: left the caches cold.
TIMES, UNTIMED = 4, 2


class Yardstick:
    """The work; what it needs is made when it is first timed.

    Parameters
    ----------
    clock : callable
        Seconds since any fixed moment.
    """

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self._clock = clock
        self._square = np.full((ROWS, ROWS), 1 / ROWS, dtype=np.float32)
        self._product = np.empty_like(self._square)
        self._few = np.zeros(4, dtype=np.float32)

    def seconds(self) -> float:
        """Do the work, and return what it took.

        Returns
        -------
        float
            Seconds.
        """
        for _ in range(UNTIMED):
            self._work()
        begin = self._clock()
        for _ in range(TIMES):
            self._work()
        return self._clock() - begin

    def _work(self) -> None:
        square, product, few = self._square, self._product, self._few
        for _ in range(PRODUCTS):
            np.matmul(square, square, out=product)
        for _ in range(ADDITIONS):
            np.add(few, few, out=few)
