"""One of the processes that parse run files: ``python -m bench.loading.worker FOLDER``.

It reads from standard input a JSON list of absolute paths, and writes what became of them: of
each run its source, shard, key and stamp; of each other file its path and why it is no run.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

from bench.loading.keeping import keep


def main() -> None:
    """Parse what is asked for."""
    gc.disable()  # nothing here holds itself, and there is much to look through
    files = [Path(name) for name in json.load(sys.stdin)]
    kept = keep(Path(sys.argv[1]), files)
    answer = {
        "runs": [
            (source, str(entry.shard), entry.key, entry.stamp)
            for source, entry in kept.entries.items()
        ],
        "damaged": [(str(path), reason) for path, reason in kept.damaged],
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
