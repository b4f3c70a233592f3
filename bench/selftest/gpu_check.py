"""``python -m bench check --devices 'gpu(0)'``: what is to be known before a GPU is measured.

In parts, each of some questions, each answered in one line as soon as it is known and kept in a
file: asked again, it goes on behind the last part that is complete. What may hang or crash runs
in a process of its own, with a time limit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.measure.protocol import Protocol
from bench.plan.matrix import Selection, runs_on
from bench.plan.tasks import Pass, Setting
from bench.run.launcher import EndedError, Handle, Launcher, NoAnswerError, SubprocessLauncher
from bench.selftest.rule import RULE
from bench.store.files import StoreError
from kernels.backends import cuda_driver

FOLDER = Path("results") / "check"
NOT_REACHED = "not all of it was reached in time: run it again, and it goes on here."


@dataclass(frozen=True)
class Answer:
    """One line.

    Attributes
    ----------
    good : bool or None
        None for what could not be tried, or is nobody's fault.
    facts : mapping
        What it rests on, JSON-ready.
    """

    part: str
    said: str
    good: bool | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """Write it for a person."""
        mark = {True: "ok", False: "NO", None: "--"}[self.good]
        return f"{mark}  {self.part}: {self.said}"


class Notes:
    """The file of a check: a JSON object a line, an answer or ``{"complete": part}``.

    Parameters
    ----------
    path : Path
        Made if it is not there; nothing in it is ever changed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: list[Answer] = []
        self.complete: set[str] = set()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            kept = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise StoreError(f"{path} can't be written: {error.strerror}.") from error
        for line in kept.splitlines():
            with suppress(ValueError, TypeError):  # one that was cut off
                told = json.loads(line)
                if "complete" in told:
                    self.complete.add(told["complete"])
                else:
                    self.answers.append(Answer(**told))
        self._begin = "" if kept.endswith("\n") or not kept else "\n"

    def add(self, answer: Answer) -> None:
        """Write an answer down."""
        self._write(asdict(answer))

    def end(self, part: str) -> None:
        """Note that a part has no more answers."""
        self._write({"complete": part})

    def _write(self, told: Mapping[str, Any]) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{self._begin}{json.dumps(told)}\n")
        except OSError as error:
            raise StoreError(f"{self.path} can't be written: {error.strerror}.") from error
        self._begin = ""


def notes_for(gpu: cuda_driver.CudaDevice, commit: str | None, folder: Path = FOLDER) -> Notes:
    """Open the file of a GPU and a state of the code."""
    return Notes(
        folder / f"{gpu.uuid.removeprefix('GPU-')[:8]}-{(commit or 'nogit')[:7]}.jsonl"
    )


@dataclass
class GpuCheck:
    """Asks about one GPU.

    Attributes
    ----------
    left : callable
        Seconds that there are left for all that is still to be asked.
    """

    selection: Selection
    protocol: Protocol
    gpu: cuda_driver.CudaDevice
    left: Callable[[], float]
    launcher: Launcher = field(default_factory=SubprocessLauncher)
    tell: Callable[[str], object] = str

    def __post_init__(self) -> None:
        """Find what can run."""
        self.device = f"gpu({self.gpu.index})"
        registry, values = self.selection.registry, self.selection.values
        asked = (*values["kernel"], *values["update_kernel"])
        kernels = {name: registry.train.get(name) or registry.update[name] for name in asked}
        found = {
            name: runs_on(kernel, self.device)
            for name, kernel in kernels.items()
            if "gpu" in kernel.device_kinds
        }
        self.usable: dict[str, list[str]] = {}
        self.refused: dict[str, str] = {}
        for name, answer in found.items():
            backend = kernels[name].backend
            if answer:
                self.usable.setdefault(backend, []).append(name)
            else:
                self.refused.setdefault(backend, str(answer))
        usable = (name for names in self.usable.values() for name in names)
        self.train = [name for name in usable if name in registry.train]

    def update_kernel(self, backend: str) -> str | None:
        """Return a plain update kernel in float32 of a backend."""
        update = self.selection.registry.update
        plain = (
            name
            for name in self.usable[backend]
            if name in update and not update[name].rule.momentum and update[name].density == 1
        )
        return next((name for name in plain if update[name].precision == "float32"), None)

    def asked(self, worker: Handle, kind: Pass, module: str, **params: Any) -> Any:
        """Ask a process, and return what it answers.

        Raises
        ------
        EndedError, NoAnswerError
        """
        request = {
            "module": module,
            "params": {"device": self.device, **params},
            "protocol": asdict(self.protocol),
            "kind": kind.value,
        }
        return worker.ask(request, max(0.0, min(RULE.gpu_answer_seconds, self.left())))

    def once(self, kind: Pass, module: str, **params: Any) -> tuple[Mapping[str, Any], str]:
        """Ask a fresh process: facts, or nothing and what went wrong."""
        worker = self.launcher.launch(Setting())
        try:
            told = self.asked(worker, kind, module, **params)
        except (EndedError, NoAnswerError) as error:
            return {}, str(error)
        finally:
            worker.close()
        if "error" in told:
            return {}, f"{told['error']}: {told['message']}"
        return told["facts"], ""


#: Asks what there is to ask of one thing.
Part = Callable[[GpuCheck], Iterator[Answer]]


def run(check: GpuCheck, parts: Mapping[str, Part], notes: Notes) -> Iterator[Answer]:
    """Ask what is not answered yet, or was not answered well.

    Parameters
    ----------
    parts : mapping of str to callable

    Yields
    ------
    Answer
        As soon as it is known and written down; those of the file in their places.
    """
    for part, asked in parts.items():
        if part in notes.complete:
            yield from (one for one in notes.answers if one.part == part)
            continue
        good = True
        for answer in asked(check) if check.left() > 0 else ():
            if check.left() <= 0 and not answer.good:
                break  # it says nothing but that there was no time
            notes.add(answer)
            yield answer
            good &= answer.good is not False
        if check.left() <= 0:
            yield Answer(part, NOT_REACHED)
        elif good:
            notes.end(part)
