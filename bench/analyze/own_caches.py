"""How much of the caches that a processor tells a machine can have for itself.

A virtual machine is told the last level of cache of the whole processor, of which other
machines have most. One of two cores that is told 480 MiB reads arrays of 64 MiB no faster than
those of 2 GiB: what it has ends long before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: No processor has more for each core (AMD EPYC 9175F: 512 MiB for 16).
MOST_PER_CORE = 32 * 2**20


def own_bytes(cache: Mapping[str, Any]) -> int | None:
    """Say how much of a cache the cores that share it here can have.

    Parameters
    ----------
    cache : mapping
        A kind of cache, as a fingerprint tells it: ``size_bytes``, and by how many CPUs of
        this machine one is ``shared_by``.

    Returns
    -------
    int or None
        Bytes of one such cache; None where its size is not told.
    """
    size, sharing = cache.get("size_bytes"), cache.get("shared_by")
    if not isinstance(size, int) or not size:
        return None
    return min(size, MOST_PER_CORE * sharing) if isinstance(sharing, int) and sharing else size
