"""Two sides without processes: each visit takes what a script says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.run.fake_launcher import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.plan.tasks import Setting
    from bench.run.launcher import Code

#: How often a side waits for its turn in a visit.
TURNS = 2


@dataclass(eq=False)
class FakePartner:
    """A process that measures in turns."""

    sides: FakeSides
    setting: Setting
    code: Code | None
    said: list[str] = field(default_factory=list)
    closed: bool = False
    _turns: int = 0
    _answer: Any = None

    def send(self, request: Mapping[str, Any]) -> None:
        assert not self.closed
        if "seconds" in request:
            self._turns -= 1
            self.sides.order.append(self)
            return
        name = str(request["params"].get("kernel"))
        visit = self.sides.visits.setdefault((id(self.sides), name, self.number), [])
        visit.append(self)
        self._answer = self.sides.script(self, name, len(visit) - 1)
        self.sides.requests.append(dict(request))
        self._turns = TURNS

    @property
    def number(self) -> int:
        """0 for the first side, 1 for the second."""
        return self.sides.partners.index(self) % 2

    def receive(self, limit_seconds: float) -> dict[str, Any]:
        if isinstance(self._answer, BaseException):
            raise self._answer
        if isinstance(self._answer, dict):
            return self._answer
        if self._turns:
            return {"waits": True}
        return answer_of(self._answer)

    def ask(self, request: Mapping[str, Any], limit_seconds: float) -> dict[str, Any]:
        self.send(request)
        return self.receive(limit_seconds)

    def close(self) -> None:
        self.closed = True


@dataclass(eq=False)
class FakeSides:
    """What launches the processes of both sides, first and second in turn."""

    script: Callable[[FakePartner, str, int], Any]
    partners: list[FakePartner] = field(default_factory=list)
    order: list[FakePartner] = field(default_factory=list)
    visits: dict[Any, list[FakePartner]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def launch(self, setting: Setting) -> FakePartner:
        self.partners.append(FakePartner(self, setting, None))
        return self.partners[-1]
