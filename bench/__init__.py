"""Times mini-batch SGD over batch sizes and says what the batch size buys.

``bench.load(path_or_paths)`` gives stored runs as a table of pandas. It is imported when it is
first asked for: the processes that time kernels import this package too, and are to hold
neither pandas nor a database.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes long to import, and Ctrl-C may come meanwhile
if TYPE_CHECKING:
    from typing import Any

    from bench.store.table import load

__all__ = ["load"]
__version__ = "0.1.0"

if not TYPE_CHECKING:  # else every name would be one of this package's

    def __getattr__(name: str) -> Any:
        if name == "load":
            from bench.store.table import load  # noqa: PLC0415

            return load
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
