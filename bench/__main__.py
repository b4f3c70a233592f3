"""Runs ``python -m bench``."""

import sys

from bench.cli import COMMANDS, app_of

app_of([one for one in sys.argv[1:2] if one in COMMANDS])(prog_name="python -m bench")
