"""The report as Markdown, for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze.comparing.comparison import NotComparedError
from bench.report.markdown import one_run, several

if TYPE_CHECKING:
    from bench.reporting.source import Source


def markdown(found: Source) -> str:
    """Write the essential tables.

    Parameters
    ----------
    found : Source

    Returns
    -------
    str

    Raises
    ------
    NotComparedError
        When many runs share nothing.
    """
    material = found.material
    if material is not None:
        sentences = [
            sentence
            for one in material.headlines
            for sentence in (one.fastest, one.batch_size, one.sureness)
        ]
        return one_run(material.document, material.name, sentences, material.found)
    if found.comparison is None:
        raise NotComparedError(found.why_not)
    return several(found.comparison, found.loaded)
