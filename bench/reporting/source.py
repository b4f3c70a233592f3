"""What a report is about: one run, a few side by side, or many over time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.advising import finding
from bench.analyze.comparing.compare import compare
from bench.analyze.comparing.comparison import MOST_SIDES, NotComparedError
from bench.loading.own_run import is_own, sound
from bench.loading.reading import read
from bench.report.page.material import Material
from bench.store import StoreError, read_run
from data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.analyze.comparing.comparison import Comparison
    from bench.analyze.findings import Found
    from bench.loading.loaded import Loaded

NOT_ASKED = "Times to a target were not asked for (--no-target)."


@dataclass(frozen=True)
class Asked:
    """What a report is to hold.

    Attributes
    ----------
    axis : str
        What is compared; ``auto`` for one run asks for no comparison.
    baseline : str or None
    tolerance : float
        The target, as a share above the optimum's loss.
    target : bool
        Whether times to the target are wanted, for which steps may have to be counted.
    """

    axis: str = "auto"
    baseline: str | None = None
    tolerance: float = 0.01
    target: bool = True


@dataclass(frozen=True)
class Source:
    """Stored runs, read and analysed.

    Attributes
    ----------
    loaded : Loaded
    material : Material or None
        Of a single run.
    foreign : bool
        Whether that is of another suite.
    comparison : Comparison or None
        Of several.
    why_not : str
        Of many runs, why there is no comparison: each case can be shown over time all the same.
    """

    loaded: Loaded
    material: Material | None = None
    foreign: bool = False
    comparison: Comparison | None = None
    why_not: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What speaks against putting the runs together."""
        if self.comparison is None:
            return (self.why_not,) if self.why_not else ()
        return self.comparison.warnings

    @property
    def many(self) -> bool:
        """Whether there are more runs than fit side by side."""
        if self.comparison is None:
            return self.material is None
        return len(self.comparison.sides) > MOST_SIDES


def some_run(paths: Sequence[Path]) -> Loaded:
    """Read runs, of which at least one has to be sound.

    Parameters
    ----------
    paths : sequence of Path
        Files or folders.

    Returns
    -------
    Loaded

    Raises
    ------
    StoreError
        When there is no run that can be read.
    """
    loaded = read(paths)
    if loaded.runs.empty:
        reasons = " ".join(f"{one.path}: {one.reason}" for one in loaded.damaged)
        raise StoreError(f"no run could be read. {reasons}".strip())
    return loaded


def source(loaded: Loaded, asked: Asked, tell: Callable[[str], object]) -> Source:
    """Find out what runs say.

    Parameters
    ----------
    loaded : Loaded
        From `some_run`.
    asked : Asked
    tell : callable
        Is told what takes long.

    Returns
    -------
    Source

    Raises
    ------
    StoreError
        When the single run holds what no run of this suite does.
    NotComparedError
        When the runs share nothing.
    """
    if len(loaded.runs) == 1 and asked.axis == "auto":
        return _one(loaded, asked, tell)
    try:
        compared = compare(loaded.cases, loaded.runs, asked.axis, asked.baseline)
    except NotComparedError as error:
        if len(loaded.runs) <= MOST_SIDES:
            raise
        return Source(loaded, why_not=str(error))
    return Source(loaded, comparison=compared)


def _one(loaded: Loaded, asked: Asked, tell: Callable[[str], object]) -> Source:
    path = Path(loaded.runs["path"].iloc[0])
    document = read_run(path)
    if not is_own(document):
        return Source(loaded, Material(sound(document), path.name), foreign=True)
    found, why = _found(document, asked, tell)
    return Source(loaded, Material(document, path.name, found, why))


def _found(
    document: Mapping[str, Any], asked: Asked, tell: Callable[[str], object]
) -> tuple[Found | None, str]:
    """Find the best batch sizes, or say why there are none."""
    if not asked.target:
        return None, NOT_ASKED
    try:
        return finding.find(finding.rows_of([document]), asked.tolerance, (), tell), ""
    except DataError as error:
        return None, f"There is no time to a target: {error}"
