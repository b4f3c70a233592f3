"""The conditions that a process is started under: where its memory lies, and on which CPUs.

Two processes of one code differ by some percent for as long as they live, by where the system
happened to put their memory and which CPU they run on (Mytkowicz et al. 2009, *Producing wrong
data without doing anything obviously wrong*, ASPLOS; Curtsinger & Berger 2013, *Stabilizer*,
ASPLOS). So processes that are compared are started alike, and pair by pair otherwise.
"""

from __future__ import annotations

import ctypes
import os
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from bench.machine import threads
from bench.machine.fingerprint import fresh_fingerprint
from bench.machine.processor import listed
from bench.machine.rule import RULE
from bench.store.schema import CONDITIONS

#: ``personality``: the system draws no addresses; and the argument that only asks.
ADDR_NO_RANDOMIZE, ASK = 0x0040000, 0xFFFFFFFF
#: In the environment, which lies at the top of the stack and is copied to the heap: it moves
#: what comes after it in both.
PADDING = "MINIBATCH_BENCH_PADDING"
#: What ``--conditions`` takes.
CONTROLLED, AS_IS = "controlled", "as-is"

# Where the memory of a process lies.


def of_layout(layout: int) -> dict[str, str]:
    """Return the environment of a layout: padding, and the seed of the hashes of strings."""
    rng = random.Random(layout)
    length, seed = rng.randrange(RULE.most_padding_bytes), rng.randrange(1, 2**32)
    return {PADDING: "x" * length, "PYTHONHASHSEED": str(seed)}


@contextmanager
def started_in(layout: int | None) -> Iterator[Mapping[str, str]]:
    """Have a process that is started meanwhile lie in a layout.

    Parameters
    ----------
    layout : int or None
        None for one that the system draws.

    Yields
    ------
    mapping of str to str
        What its environment needs for that.
    """
    if layout is None:
        yield {}
        return
    with fixed_addresses():
        yield of_layout(layout)


@contextmanager
def fixed_addresses() -> Iterator[None]:
    """Have processes that are started meanwhile get their addresses without chance.

    Raises
    ------
    OSError
        When that is forbidden, as it is in a container by Docker's default profile.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "personality"):
        raise OSError("this system has no personality()")
    libc.personality.argtypes = [ctypes.c_ulong]
    before = libc.personality(ASK)
    # It may say that all is well and have changed nothing.
    libc.personality(before | ADDR_NO_RANDOMIZE)
    if before < 0 or not libc.personality(ASK) & ADDR_NO_RANDOMIZE:
        raise OSError(ctypes.get_errno(), "personality() is not permitted")
    try:
        yield
    finally:
        libc.personality(before)


def why_not_fixed() -> str:
    """Say why addresses can't be fixed; empty where they can."""
    try:
        with fixed_addresses():
            return ""
    except OSError as error:
        return str(error.strerror or error)


# The conditions of a measurement of several processes.


@dataclass(frozen=True)
class Place:
    """How one process is started.

    Attributes
    ----------
    cpus : tuple of int
        That it may run on.
    layout : int or None
        Of its memory; None for one that the system draws.
    """

    cpus: tuple[int, ...]
    layout: int | None


@dataclass(frozen=True)
class Conditions:
    """How the processes of a measurement are started, each under a number.

    Attributes
    ----------
    seed : int
        By which layouts, and the order of the CPUs, are drawn.
    cpus : tuple of int
        To choose from.
    n_cpus : int
        That each process gets.
    fixed : bool
        Addresses are fixed, in a layout for each number; else the system draws them.
    """

    seed: int
    cpus: tuple[int, ...]
    n_cpus: int = 1
    fixed: bool = True

    def place(self, number: int, device: str = "cpu(0)") -> Place:
        """Return how the processes of a number are started: two numbers a set of CPUs.

        Parameters
        ----------
        device : str
            Processes that work on a GPU get all CPUs: its driver has threads of its own.
        """
        order = random.Random(self.seed).sample(self.cpus, len(self.cpus))
        sets = [order[n : n + self.n_cpus] for n in range(0, len(order), self.n_cpus)]
        sets = [one for one in sets if len(one) == self.n_cpus] or [order]
        layout = random.Random(f"{self.seed}/{number}").randrange(2**32)
        chosen = self.cpus if device.startswith("gpu") else sets[number // 2 % len(sets)]
        return Place(tuple(sorted(chosen)), layout if self.fixed else None)

    def on(self, cpus: Sequence[int]) -> Conditions:
        """Return them for processes that are given some CPUs in any case; as here for none."""
        return replace(self, cpus=tuple(cpus), n_cpus=len(cpus)) if cpus else self

    def why_not_here(self) -> str:
        """Say why processes can't be started so (any more); empty where they can."""
        if not set(self.cpus) <= set(threads.AT_START):
            return f"the CPUs {listed(self.cpus)} are not all to be had"
        return why_not_fixed() if self.fixed else ""

    @property
    def told(self) -> str:
        """As a fact: runs of other conditions can't be compared with these.

        Which layouts were drawn is none: those of two runs that are the same are compared
        with one another, and the others are draws of what any process may get.
        """
        each = "one CPU each" if self.n_cpus == 1 else f"{self.n_cpus} CPUs each"
        return f"controlled, {each}{'' if self.fixed else ', addresses by chance'}"


def fingerprint_under(
    found: Conditions | None,
    environment: Mapping[str, str],
    cpus: Sequence[int] = (),
    interpreter: str = sys.executable,
) -> dict[str, Any]:
    """Take the fingerprint of processes that are started under conditions.

    Parameters
    ----------
    cpus : sequence of int
        That they are given whatever the conditions; empty for none.

    Returns
    -------
    dict
        As `fresh_fingerprint`, with the conditions as one of its facts.
    """
    if found is None:
        return fresh_fingerprint(environment, cpus, interpreter)
    found = found.on(cpus)
    taken = fresh_fingerprint(environment, found.place(0).cpus, interpreter)
    return {**taken, "affinity": listed(found.cpus), CONDITIONS: found.told}


def controlled(
    seed: int, environments: Iterable[Mapping[str, str]], cpus: Sequence[int] = ()
) -> Conditions | None:
    """Return the conditions of a measurement, as far as this system allows them.

    Parameters
    ----------
    environments : iterable of mapping of str to str
        Of its processes, beside this one's: each gets as many CPUs as the most threads that
        any of them tells any library to make, one by default.
    cpus : sequence of int
        To choose from; empty for all that this process may run on.

    Returns
    -------
    Conditions or None
        None where no CPU can be chosen.
    """
    usable = tuple(cpus or threads.AT_START)
    if not usable:
        return None
    most = max(threads.most_told({**os.environ, **one}) for one in environments)
    return Conditions(seed, usable, max(1, min(most, len(usable))), not why_not_fixed())
