"""Turns a page into HTML that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bench.report.charts.chart import Chart
from bench.report.charts.vega import document
from bench.report.page.blocks import Page

# Vega with Vega-Lite as one script. Making it takes a second, so another process does it while
# the page is made: run as a module, this prints the script.


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
        """Wait for the script; where the other process has failed, make it here."""
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

# The page as HTML that needs nothing but itself.


SCRIPTS = ("numbers.js", "history.js", "charts.js", "tables.js", "start.js")
#: The contents are listed after so many sections: the answer comes first.
CONTENTS_AFTER = 2
#: Outlines of Vega's shapes, in a square of 16, for the switches of the series.
SIGNS = {
    "circle": "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0Z",
    "square": "M-4.5,-4.5h9v9h-9Z",
    "diamond": "M0,-6L5,0L0,6L-5,0Z",
    "triangle-up": "M0,-5.5L5.5,5L-5.5,5Z",
    "triangle-down": "M0,5.5L5.5,-5L-5.5,-5Z",
    "triangle-right": "M5.5,0L-5,5.5L-5,-5.5Z",
    "triangle-left": "M-5.5,0L5,5.5L5,-5.5Z",
    "cross": "M-2,-6h4v4h4v4h-4v4h-4v-4h-4v-4h4Z",
}


def render(page: Page, vega: Callable[[], str] = bundled) -> str:
    """Write a page.

    Parameters
    ----------
    page : Page
        Its text may hold anything: none of it becomes markup or script.
    vega : callable
        Returns the script that draws the charts.

    Returns
    -------
    str
        HTML. Its security policy lets no request leave and runs these scripts only, which
        are named by their hashes.
    """
    charts = [block for section in page.sections for block in section.blocks]
    own = "\n".join(_static(name) for name in SCRIPTS)
    scripts = [f'"use strict";\n(() => {{\n{own}\n}})();\n']
    if any(isinstance(one, Chart) for one in charts):
        scripts.insert(0, vega().replace("</script", "<\\/script"))
    environment = Environment(
        loader=PackageLoader("bench.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"sign": SIGNS.__getitem__, "enumerate": enumerate}
    return environment.get_template("page.html.jinja").render(
        page=page,
        policy=_policy(scripts),
        style=Markup(_static("page.css")),  # noqa: S704 - our own
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - ours and Vega's
        charts=_data([one for one in charts if isinstance(one, Chart)]),
        contents_after=CONTENTS_AFTER,
    )


def _data(charts: Sequence[Chart]) -> Markup:
    """Write the charts as JSON that can't end the element it stands in."""
    text = json.dumps([document(one) for one in charts], ensure_ascii=False, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - escaped above


def _policy(scripts: Sequence[str]) -> str:
    """Allow these scripts and nothing else: no request, no eval, no form, no frame."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        f"base-uri 'none'; form-action 'none'"
    )


def _static(name: str) -> str:
    return (resources.files("bench.report.page") / "static" / name).read_text(encoding="utf-8")
