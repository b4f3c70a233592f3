from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from bench.report.charts.files import FigureError, write_figure


def drawn() -> Figure:
    figure = Figure()
    figure.add_subplot().plot([1, 2], [3, 4])
    figure.suptitle("three to four")
    return figure


@pytest.mark.parametrize("kind", ["png", "svg", "SVG"])
def test_it_is_written_as_its_name_says(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "new" / f"line.{kind}"
    write_figure(drawn, path)
    if kind == "png":
        assert imread(path).std() > 0.01, "something is drawn"
    else:
        assert "three to four" in path.read_text(encoding="utf-8")
        again = tmp_path / "again.svg"
        write_figure(drawn, again)
        assert again.read_bytes() == path.read_bytes()


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FigureError, match=r"line.jpg: the figure's name has to end in .png or"):
        write_figure(drawn, tmp_path / "line.jpg")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FigureError, match=r"line.png can't be written"):
        write_figure(drawn, tmp_path / "file" / "line.png")


def test_what_was_there_stays_where_drawing_fails(tmp_path: Path) -> None:
    path = tmp_path / "line.png"
    path.write_text("before")

    class Unfinished(Figure):
        def savefig(self, fname: object, **options: object) -> None:
            Path(str(fname)).write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(FigureError, match="No space left"):
        write_figure(Unfinished, path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
