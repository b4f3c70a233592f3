"""Vega with Vega-Lite as one script, as its Python package carries it.

Making it takes a second, in which the interpreter can do nothing else: another process does
it while the page is made. Run as a module, this prints the script.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import vl_convert

#: What the page's own script uses of it.
EXPORTED = "window.vegaEmbed = vegaEmbed;"


@cache
def bundled() -> str:
    """Return the script; made here and now, where it has not been made yet."""
    return vl_convert.javascript_bundle(EXPORTED)


class Ahead:
    """The script, being made by another process from now on."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        if bundled.cache_info().currsize:
            return
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        except OSError:  # no room for one more process: it is made here then
            return

    def script(self) -> str:
        """Wait for the script; where the other process has failed, make it here.

        Returns
        -------
        str
        """
        if self._process is None:
            return bundled()
        made, _ = self._process.communicate()
        return made if self._process.returncode == 0 else bundled()

    def give_up(self) -> None:
        """End the other process, where the script is not needed any more."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            self._process.communicate()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr] # a text stream
    sys.stdout.write(bundled())
