"""Measures single cases in processes of their own, for a program that measures itself.

``pytest --benchmark-only`` measures in its own process, but for cases that need environment
variables which are read when a library is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.measure.gate import GateError
from bench.measure.measurement import Measurement
from bench.measure.protocol import DivergedError, Protocol
from bench.measure.rounds import Round
from bench.plan.tasks import Pass, Setting
from bench.run import launcher
from bench.run.launcher import EndedError, Handle, NoAnswerError, SubprocessLauncher
from bench.run.rule import RULE
from data.errors import DataError

#: What ends a case with one sentence, there as here.
EXPECTED = {error.__name__: error for error in (GateError, DivergedError, DataError)}


class ElsewhereError(Exception):
    """The process ended or failed; the message is one sentence."""


class Elsewhere:
    """Processes, one for each setting of environment variables."""

    def __init__(self, kernel_folders: tuple[Path, ...] = ()) -> None:
        self._launcher = SubprocessLauncher(kernel_folders)
        self._running: dict[frozenset[tuple[str, str]], Handle] = {}

    def measure(
        self,
        module: str,
        params: Mapping[str, Any],
        protocol: Protocol,
        environment: Mapping[str, str],
    ) -> Measurement:
        """Measure a case in the process that has these variables, started when first asked.

        Parameters
        ----------
        module : str
            The case module.

        Raises
        ------
        GateError, DivergedError, DataError
            As in this process.
        ElsewhereError
            When the process ends, hangs, or the case fails otherwise.
        """
        key = frozenset(environment.items())
        if key not in self._running:
            self._running[key] = self._launcher.launch(Setting(environment))
        request = launcher.request(module, params, protocol, Pass.TIME.value)
        try:
            answer = self._running[key].ask(request, RULE.single_case_seconds)
        except (EndedError, NoAnswerError) as error:
            self._running.pop(key).close()
            raise ElsewhereError(f"{error}.") from error
        if str(params.get("device")).startswith("gpu"):
            # It holds memory and a context there, and where a GPU is one process's at a time
            # (EXCLUSIVE_PROCESS) nobody else could use it.
            self._running.pop(key).close()
        if "error" in answer:
            _, message = launcher.of_error(answer)
            raise EXPECTED.get(answer["error"], ElsewhereError)(message)
        rounds = tuple(Round(*one) for one in answer["rounds"])
        return Measurement(rounds, answer["facts"], answer["group"])

    def close(self) -> None:
        """End the processes."""
        while self._running:
            self._running.popitem()[1].close()
