"""How long the process of a single case lives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bench.measure.protocol import Protocol
from bench.run.single_case import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.plan.tasks import Setting


@dataclass
class Process:
    """Answers always the same; counts who is alive."""

    alive: list[Process]

    def ask(self, request: Mapping[str, Any], limit_seconds: float) -> dict[str, Any]:
        return {"rounds": [(1.0, 2.0, 1)], "facts": {"device": "any"}, "group": ""}

    def close(self) -> None:
        self.alive.remove(self)


@dataclass
class Launcher:
    alive: list[Process] = field(default_factory=list)
    launched: int = 0

    def launch(self, setting: Setting) -> Process:
        self.launched += 1
        self.alive.append(Process(self.alive))
        return self.alive[-1]


@pytest.mark.parametrize(("device", "launched", "alive"), [("gpu(0)", 2, 0), ("cpu(0)", 1, 1)])
def test_on_a_gpu_it_ends_with_its_case(device: str, launched: int, alive: int) -> None:
    launcher = Launcher()
    elsewhere = Elsewhere()
    elsewhere._launcher = launcher  # type: ignore[assignment]
    for _ in range(2):
        elsewhere.measure("bench_engine", {"device": device}, Protocol(1, 0.1), {"A": "1"})
        assert len(launcher.alive) == alive
    assert launcher.launched == launched
    elsewhere.close()
    assert launcher.alive == []
