"""The name by which pytest finds the suite: ``-p bench.plugin``."""

pytest_plugins = ["bench.commands.plugin"]
