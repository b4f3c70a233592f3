from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from bench.report.charts.figures import draw_run, run_figures
from bench.report.charts.files import FigureError
from bench.report.page.one_run import Material
from tests.store import made_up_run

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes


def made_up(benchmarks: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return the made-up run, which tells how many samples an epoch has."""
    document = made_up_run.document(benchmarks)
    for benchmark in document["benchmarks"]:
        benchmark["extra_info"] = {**benchmark["extra_info"], "n_samples": 1500}
    return document


def drawn(document: dict[str, Any] | None = None) -> dict[str, Figure]:
    named = run_figures(Material(document or made_up(), "run.json"))
    return {name: figure for name, figure in named if isinstance(figure, Figure)}


def lines(axes: Axes) -> dict[str, list[tuple[float, float]]]:
    """Return the points of every line that has a label."""
    return {
        str(line.get_label()): [
            (float(x), float(y)) for x, y in zip(*map(np.asarray, line.get_data()), strict=True)
        ]
        for line in axes.get_lines()
        if not str(line.get_label()).startswith("_")
    }


def level(axes: Axes) -> list[float]:
    """Return the heights of the lines without a label."""
    unlabelled = (line for line in axes.get_lines() if str(line.get_label()).startswith("_"))
    return [float(np.unique(line.get_ydata()).item()) for line in unlabelled]


def test_a_figure_for_each_question_device_and_loader() -> None:
    assert list(drawn()) == [
        "notebook-cpu0",
        "speed-airfoil-cpu0-inmemory",
        "loss-airfoil-cpu0-inmemory",
    ]
    cells = [("nd.autograd", 10, "cpu(0)"), ("nd.autograd", 10, "gpu(1)")]
    document = made_up([made_up_run.epoch(*cell) for cell in cells])
    assert {name for name in drawn(document) if name.startswith("speed")} == {
        "speed-airfoil-cpu0-inmemory",
        "speed-airfoil-gpu1-inmemory",
    }


def test_speed_is_drawn_on_log_scales_a_line_a_kernel() -> None:
    seconds, rate = drawn()["speed-airfoil-cpu0-inmemory"].axes
    assert lines(seconds) == {
        "nd.autograd": [(10, 0.25), (1500, 0.004)],
        "nd.closed_form": [(10, 0.125), (1500, 0.002)],
    }
    assert lines(rate) == {
        "nd.autograd": [(10, 6000), (1500, 375_000)],
        "nd.closed_form": [(10, 12_000), (1500, 750_000)],
    }
    for axes, label in ((seconds, "seconds per epoch"), (rate, "samples per second")):
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("batch size (samples)", label)


def test_loss_is_drawn_against_epochs_and_against_seconds_a_line_a_batch_size() -> None:
    by_epoch, by_seconds = drawn()["loss-airfoil-cpu0-inmemory"].axes
    above = {
        str(size): [100 * (loss / made_up_run.OPTIMUM - 1) for loss in losses]
        for size, losses in made_up_run.LOSSES.items()
    }
    assert lines(by_epoch) == {size: list(enumerate(told)) for size, told in above.items()}
    # The median of all rounds, 0.25 seconds, for every epoch.
    times = [0.25, 0.5, 0.75]
    assert lines(by_seconds)["10"] == list(zip(times, above["10"][1:], strict=True))
    assert (by_seconds.get_xscale(), by_seconds.get_yscale()) == ("log", "log")
    assert (by_epoch.get_xlabel(), by_seconds.get_xlabel()) == ("epochs", "seconds")
    assert by_epoch.get_ylabel() == "percent above the optimum"


def test_loss_is_that_of_the_published_loop_or_else_of_the_first_kernel() -> None:
    def title(*kernels: str) -> str:
        document = made_up([made_up_run.epoch(kernel, 10) for kernel in kernels])
        figure = drawn(document)["loss-airfoil-cpu0-inmemory"]
        assert len(lines(figure.axes[0])) == 1
        return str(figure.get_suptitle()).splitlines()[0]

    assert title("nd.closed_form", "nd.autograd").endswith(", nd.autograd")
    assert title("nd.closed_form").endswith(", nd.closed_form")


def test_the_notebooks_curves_have_a_point_every_100_samples() -> None:
    by_epoch, by_seconds = drawn()["notebook-cpu0"].axes
    losses = [0.5, 0.3, 0.28, 0.27, 0.26]
    label = "nd.autograd, B=10, lr 0.05"
    assert set(lines(by_epoch)) == {label, "gluon.trainer, B=10, lr 0.05"}
    assert lines(by_epoch)[label] == list(zip([0, 0.5, 1, 1.5, 2], losses, strict=True))
    times = [0.125, 0.25, 0.375, 0.5]
    assert lines(by_seconds)[label] == list(zip(times, losses[1:], strict=True))


def test_the_optimum_is_drawn_across_both_panels_of_the_published_losses() -> None:
    for axes in drawn()["notebook-cpu0"].axes:
        assert level(axes) == [made_up_run.OPTIMUM]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw_run(made_up(), tmp_path_factory.mktemp("drawn") / "run").paths


def test_png_and_svg_are_written_and_hold_what_was_drawn(paths: list[Path]) -> None:
    folder = paths[0].parent
    assert sorted(paths) == sorted(folder.iterdir())
    assert {path.name for path in paths} == {
        f"{name}.{kind}" for name in drawn() for kind in ("png", "svg")
    }
    for path in paths:
        if path.suffix == ".png":
            pixels = imread(path)
            assert pixels.shape[0] > 500
            assert pixels.shape[1] > 900
            assert pixels.std() > 0.01, "something is drawn"
    svg = (folder / "speed-airfoil-cpu0-inmemory.svg").read_text(encoding="utf-8")
    for text in ("nd.closed_form", "batch size", "seconds per epoch", "airfoil, cpu(0)"):
        assert text in svg


@pytest.mark.slow
def test_equal_runs_give_equal_files(paths: list[Path], tmp_path: Path) -> None:
    other = draw_run(made_up(), tmp_path / "run").paths
    for left, right in zip(paths, other, strict=True):
        assert left.read_bytes() == right.read_bytes()


@pytest.mark.parametrize(
    "benchmarks",
    [[], [made_up_run.update("update.sgd_update", 5, 0.5)]],
    ids=["none", "update"],
)
def test_a_run_without_epochs_has_no_figure_and_no_folder(
    tmp_path: Path, benchmarks: list[dict[str, Any]]
) -> None:
    saved = draw_run(made_up_run.document(benchmarks), tmp_path / "run")
    assert saved.paths == []
    assert list(saved.left_out) == ["notebook", "ladder", "speed", "loss"]
    assert all(reason.endswith(".") for reason in saved.left_out.values())
    assert not (tmp_path / "run").exists()


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file\n")
    with pytest.raises(FigureError) as refused:
        draw_run(made_up_run.document(), tmp_path / "run")
    assert str(refused.value) == (
        f"the figures can't be written to {tmp_path / 'run'}: File exists. The run file is "
        "whole; free space, or leave out --figures."
    )
