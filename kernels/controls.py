"""The controls of ``bench_machine``: what each is, at which sizes, and whether it is right.

A backend gives a few array operations (``Operations``); what is timed, counted and checked
is written here once. None of it touches a kernel: a control that slows down is a machine
that has slowed down.

- ``triad``: ``a = b + s c``, memory bandwidth (McCalpin 1995, STREAM), 12 bytes an element
  where the operator writes the result in place; what temporaries add is not counted.
- ``matmul``: a square float32 matrix product, ``2 n^3`` flops.
- ``empty_operator``: the smallest operator, on one element: dispatch.
- ``empty_call``: a Python function that does nothing: the clock and the loop around it.
- ``host_to_device``, ``device_to_host``, ``device_to_device``: copies between memory that
  NumPy sees and the device's, and within the device's. On the CPU all are in one memory.
- ``triad_in_parts``, ``copy_in_parts``: one part of 1 MiB each time, of arrays so large that
  it has left the caches before its turn comes again. Memory that others use too is slowed for
  moments: 20 ms of a large triad always meet some, 100 us of a part often meet none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kernels import tf32
from kernels.contract import Control
from kernels.reference import TF32_ROUNDOFF, UNIT_ROUNDOFF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kernels.contract import MakeControl

KIB, MIB = 2**10, 2**20

#: Bytes of one array (of one matrix) at which each control is timed.
SIZES: dict[str, tuple[int, ...]] = {
    "empty_call": (4,),
    "empty_operator": (4,),
    "triad": (4 * KIB, 64 * KIB, 256 * KIB, 512 * KIB, MIB, 8 * MIB, 128 * MIB),
    "matmul": (64 * KIB, 4 * MIB, 16 * MIB),
    "host_to_device": (4, MIB, 64 * MIB),
    "device_to_host": (4, MIB, 64 * MIB),
    "device_to_device": (4, MIB, 64 * MIB),
    "triad_in_parts": (64 * MIB,),
    "copy_in_parts": (64 * MIB,),
}
#: On a GPU one part is over before its launch is.
IN_PARTS = ("triad_in_parts", "copy_in_parts")
PART_BYTES = MIB
LARGEST_DRAWN = 1_000_003
#: Elements that are checked at a time, in the caches: checking takes longer than what is timed.
BLOCK = 2**16
SCALE = 0.5


class Operations(Protocol):
    """What a backend gives, on one device. Arrays are float32 and of its own kind."""

    def to_device(self, host: NDArray[np.float32]) -> Any:
        """Enqueue a copy of a NumPy array to new memory of the device."""

    def to_host(self, array: Any) -> NDArray[np.float32]:
        """Wait, and return a copy of the array in memory of the host."""

    def copy_into(self, target: Any, source: Any) -> Any:
        """Enqueue a copy within the device; return the target."""

    def triad(self, a: Any, b: Any, c: Any) -> Any:
        """Enqueue ``a <- b + SCALE c`` the best way there is; return the result."""

    def matmul(self, target: Any, a: Any, b: Any) -> Any:
        """Enqueue ``target <- a b``; return the result."""

    def empty(self, array: Any) -> Any:
        """Enqueue the cheapest operator on an array of one element; return the result."""


def _drawn(*shape: int) -> NDArray[np.float32]:
    return drawn(int(np.prod(shape)), seed=len(shape)).reshape(shape)


def drawn(n: int, seed: int) -> NDArray[np.float32]:
    """Draw values from N(0, 1), of large arrays a part that is repeated.

    Drawing takes longer than most of what is timed. The part's length is a prime, so no
    block that a library may work on begins with the same values as another.

    Parameters
    ----------
    n : int
    seed : int

    Returns
    -------
    ndarray, shape (n,), float32
    """
    rng = np.random.default_rng(seed)
    part = rng.standard_normal(min(n, LARGEST_DRAWN), dtype=np.float32)
    return part if n == len(part) else np.resize(part, n)


def _parts(array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Cut an array into parts, each of `PART_BYTES`; one that is smaller is its only part."""
    return np.split(array, max(array.nbytes // PART_BYTES, 1))


def _on(operations: Operations, *sides: Sequence[NDArray[np.float32]]) -> list[tuple[Any, ...]]:
    """Bring arrays to the device, the first of each side together, and so on."""
    return [tuple(map(operations.to_device, turn)) for turn in zip(*sides, strict=True)]


class _Last:
    """Calls a function and keeps what it returned last."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._function, self._arguments = function, arguments
        self.result: Any = None

    def __call__(self) -> None:
        self.result = self._function(*self._arguments)


class _Next(_Last):
    """Calls a function with the next arguments each time, the first ones after the last."""

    def __init__(self, function: Any, turns: Sequence[tuple[Any, ...]]) -> None:
        super().__init__(function)
        self._turns = turns
        self.turn = -1

    def __call__(self) -> None:
        self.turn = (self.turn + 1) % len(self._turns)
        self.result = self._function(*self._turns[self.turn])


def _got(operations: Operations, last: _Last, like: NDArray[np.float32]) -> Any:
    return np.asarray(operations.to_host(last.result)).reshape(like.shape)


def _same(operations: Operations, last: _Last, expected: NDArray[np.float32]) -> bool:
    return np.array_equal(_got(operations, last, expected), expected)


def _is_triad(
    operations: Operations, last: _Last, b: NDArray[np.float32], c: NDArray[np.float32]
) -> bool:
    got = _got(operations, last, b)
    blocks = (slice(begin, begin + BLOCK) for begin in range(0, len(b), BLOCK))
    return all(_is_triad_of(got[one], b[one], c[one]) for one in blocks)


def _is_triad_of(
    a: NDArray[np.float32], b: NDArray[np.float32], c: NDArray[np.float32]
) -> bool:
    allowed = 2.0**-22 * (np.abs(b) + np.abs(c))
    return bool((np.abs(a - (b + np.float32(SCALE) * c)) <= allowed).all())


def standard(operations: Operations, device: str = "cpu(0)") -> Mapping[str, MakeControl]:
    """Build every control from a backend's operations.

    Parameters
    ----------
    operations : Operations
        On the device.

    Returns
    -------
    dict of str to callable
        To a function from bytes to a ``Control``.
    """
    return {**_whole(operations, device), **_in_parts(operations)}


def _whole(operations: Operations, device: str) -> dict[str, MakeControl]:
    to_device, to_host = operations.to_device, operations.to_host

    def triad(n_bytes: int) -> Control:
        b, c = _drawn(n_bytes // 4), _drawn(1, n_bytes // 4)[0]
        a = to_device(np.zeros_like(b))
        run = _Last(operations.triad, a, to_device(b), to_device(c))
        n = len(b)
        return Control(run, lambda: _is_triad(operations, run, b, c), 12 * n, 2 * n)

    def matmul(n_bytes: int) -> Control:
        n = int((n_bytes // 4) ** 0.5)
        a, b = _drawn(n, n), _drawn(1, n, n)[0]
        target = to_device(np.zeros_like(a))
        run = _Last(operations.matmul, target, to_device(a), to_device(b))
        # Some rows are enough to tell; all of them take longer than the control.
        rows = np.unique(np.linspace(0, n - 1, 16).astype(int))
        expected = a[rows].astype(np.float64) @ b.astype(np.float64)
        roundoff = n * UNIT_ROUNDOFF + 2 * TF32_ROUNDOFF * tf32.rounds(device)
        allowed = roundoff * (np.abs(a[rows]) @ np.abs(b))

        def right() -> bool:
            got = np.asarray(to_host(run.result)).reshape(n, n)[rows]
            return bool((np.abs(got - expected) <= allowed).all())

        return Control(run, right, 3 * 4 * n * n, 2 * n**3)

    def empty_call(n_bytes: int) -> Control:  # noqa: ARG001 - it has no size
        return Control(lambda: None, lambda: True, 0)

    def empty_operator(n_bytes: int) -> Control:  # noqa: ARG001 - it has no size
        run = _Last(operations.empty, to_device(np.ones(1, dtype=np.float32)))
        return Control(run, lambda: bool(np.isfinite(to_host(run.result)).all()), 0)

    def copy_in(n_bytes: int) -> Control:
        host = _drawn(n_bytes // 4)
        run = _Last(to_device, host)
        return Control(run, lambda: _same(operations, run, host), n_bytes)

    def copy_out(n_bytes: int) -> Control:
        host = _drawn(n_bytes // 4)
        run = _Last(to_host, to_device(host))
        return Control(run, lambda: np.array_equal(run.result, host), n_bytes)

    def copy_within(n_bytes: int) -> Control:
        host = _drawn(n_bytes // 4)
        run = _Last(operations.copy_into, to_device(np.zeros_like(host)), to_device(host))
        return Control(run, lambda: _same(operations, run, host), 2 * n_bytes)

    return {
        "empty_call": empty_call,
        "empty_operator": empty_operator,
        "triad": triad,
        "matmul": matmul,
        "host_to_device": copy_in,
        "device_to_host": copy_out,
        "device_to_device": copy_within,
    }


def _in_parts(operations: Operations) -> dict[str, MakeControl]:
    def triad_in_parts(n_bytes: int) -> Control:
        b, c = _parts(_drawn(n_bytes // 4)), _parts(_drawn(1, n_bytes // 4)[0])
        a = [np.zeros_like(one) for one in b]
        run = _Next(operations.triad, _on(operations, a, b, c))
        n = len(b[0])
        return Control(
            run,
            lambda: _is_triad(operations, run, b[run.turn], c[run.turn]),
            12 * n,
            2 * n,
            len(b),
        )

    def copy_in_parts(n_bytes: int) -> Control:
        host = _parts(_drawn(n_bytes // 4))
        empty = [np.zeros_like(one) for one in host]
        run = _Next(operations.copy_into, _on(operations, empty, host))
        return Control(
            run,
            lambda: _same(operations, run, host[run.turn]),
            2 * host[0].nbytes,
            n_parts=len(host),
        )

    return {"triad_in_parts": triad_in_parts, "copy_in_parts": copy_in_parts}
