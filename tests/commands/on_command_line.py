"""``python -m bench track``, called in this process."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner, Result

from bench.commands import app
from bench.commands.exits import Exit


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app.app_of(["track"]), ["track", *map(str, arguments)])


def told(*arguments: object) -> dict[str, Any]:
    """Judge, and return what the JSON form holds, by the names of cases."""
    result = invoke(*arguments, "--format", "json")
    assert result.exit_code in set(Exit), result.output
    found: dict[str, Any] = json.loads(result.stdout)
    found["by_name"] = {one["name"]: one for one in (*found["cases"], *found["machine"])}
    found["exit"] = result.exit_code
    return found
