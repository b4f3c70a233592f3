"""The report as Markdown for GitHub: a comment on a pull request."""

from bench.report.markdown.comparison_comment import several
from bench.report.markdown.run_comment import one_run

__all__ = ["one_run", "several"]
