"""The tables of one run's efficiency: share of the roof, what bounds it, devices compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.text import Text

from bench.analyze.roofline import column
from bench.report import units
from bench.report.grid import Grid
from bench.report.quality_marks import UNTRUSTED, mark
from bench.report.quantities import BASELINE, heading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd
    from rich.console import Console

    from bench.analyze.ceilings import Ceilings
    from bench.analyze.device_crossing import Crossing

LEGEND = (
    "How much of the attainable rate is reached, and what bounds the case "
    "(--why gives the numbers; ? stands behind a case that was disturbed)."
)
#: What grows along the columns of each case, and how it is headed.
OVER: dict[str, tuple[str, Callable[[float], str]]] = {
    "epoch": ("batch_size", lambda size: f"B={size:g}"),
    "step": ("batch_size", lambda size: f"B={size:g}"),
    "update": ("n_parameters", units.count),
}
TITLES = {"epoch": "Epochs", "step": "Single steps", "update": "Updates alone"}
#: Smaller shares are all the same to a reader.
LEAST_SHARE = 1e-4


def percent(share: float) -> str:
    """Write a share: ``93%``, ``4.2%``, ``<0.01%``."""
    if share < LEAST_SHARE:
        return f"<{100 * LEAST_SHARE:g}%"
    digits = 0 if share >= 0.0995 else 1 if share >= 0.00995 else 2
    return f"{100 * share:.{digits}f}%"


def groups(cases: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Split cases into those of one table.

    Parameters
    ----------
    cases : DataFrame
        Epochs, steps and updates of one device.

    Yields
    ------
    tuple of (str, str, DataFrame)
        Title, ``epoch``, ``step`` or ``update``, and rows.
    """
    tensors = column(cases, "n_tensors").fillna(1).map("{:g} tensors".format)
    training = cases["workload"].astype(str) + ", batches from " + cases["loader"].astype(str)
    what = training.where(cases["case"] != "update", tensors.replace("1 tensors", "1 tensor"))
    for case, title in TITLES.items():
        chosen = cases[cases["case"] == case]
        for name, rows in chosen.groupby(what[chosen.index], sort=False):
            yield f"{title}: {name}", case, rows


def grid(rows: pd.DataFrame, case: str, write: Callable[[pd.Series], str]) -> Grid:
    """Write a cell for each kernel and size.

    Parameters
    ----------
    rows : DataFrame
        One case a cell.
    case : {'epoch', 'step', 'update'}
    write : callable
        A row to its text.

    Returns
    -------
    Grid
        The baseline kernel first.
    """
    over, head = OVER[case]
    cells = {(one["kernel"], one[over]): write(one) for _, one in rows.iterrows()}
    names = sorted(dict.fromkeys(rows["kernel"]), key=lambda name: name != BASELINE)
    sizes = sorted(set(rows[over]))
    return Grid(
        corner="kernel",
        sizes=tuple(head(size) for size in sizes),
        rows={
            str(name): tuple(cells.get((name, size), "") for size in sizes) for name in names
        },
    )


def print_grid(console: Console, title: str, written: Grid) -> None:
    """Print a grid under its title."""
    console.print(Text(title, style="italic"))
    for table in written.tables(console.width):
        console.print(table)
        console.print()


def rooflines(
    console: Console, cases: pd.DataFrame, roofs: Mapping[str, Ceilings], *, why: bool = False
) -> None:
    """Print the cases under their roofs, a section for each device.

    Parameters
    ----------
    console : Console
    cases : DataFrame
        From ``bench.analyze.evidence.bounded``.
    roofs : mapping of str to Ceilings
    why : bool
        Whether the numbers behind each word are printed too.
    """
    for device, own in cases.groupby("device", sort=False):
        heading(console, f"Roofline: {device}")
        console.print(Text(_ceilings(roofs[str(device)])))
        console.print(Text(LEGEND, style="dim"))
        console.print()
        for title, case, rows in groups(own):
            print_grid(console, title, grid(rows, case, _cell))
            if why:
                _reasons(console, rows)


def _ceilings(roof: Ceilings) -> str:
    """Write the ceilings of a device on a line."""
    levels = ", ".join(
        f"{level} {units.engineering(rate, 'B/s')}" for level, rate in roof.levels().items()
    )
    return f"Ceilings: {units.engineering(roof.flops_per_second, 'flop/s')} (matmul); {levels}"


def _cell(one: pd.Series) -> str:
    disturbed = UNTRUSTED if mark(one) == UNTRUSTED else ""
    return f"{percent(one['roof_share'])} {one['bound']}{disturbed}"


def _reasons(console: Console, rows: pd.DataFrame) -> None:
    for name, bound, reason in zip(rows["name"], rows["bound"], rows["reason"], strict=True):
        console.print(f"  {escape(str(name))}: {bound}: {escape(str(reason))}")
    console.print()


def devices(console: Console, found: list[Crossing]) -> None:
    """Print how many times as fast each GPU is as the processor.

    Parameters
    ----------
    console : Console
    found : list of Crossing
        From ``bench.analyze.device_crossing.crossings``.
    """
    together: dict[tuple[str, str, str], list[Crossing]] = {}
    for one in found:
        together.setdefault((one.gpu, one.case, one.what), []).append(one)
    for (gpu, case, what), compared in together.items():
        heading(console, f"{gpu} against cpu(0): {TITLES[case].lower()}, {what}")
        head = OVER[case][1]
        sizes = sorted({size for one in compared for size in one.ratios})
        written = Grid(
            corner="kernel",
            sizes=(*map(head, sizes), "faster from"),
            rows={
                one.kernel: (*(_times(one, size) for size in sizes), faster_from(one))
                for one in compared
            },
        )
        print_grid(console, "times as fast as the CPU", written)


def _times(one: Crossing, size: int) -> str:
    return units.times(one.ratios[size]) if size in one.ratios else ""


def faster_from(one: Crossing) -> str:
    """Write from which size on the GPU is faster: ``B=200``, ``every size``, ``no size``."""
    if one.faster_from is None:
        return "no size"
    if one.slower_up_to is None:
        return "every size"
    return OVER[one.case][1](one.faster_from)
