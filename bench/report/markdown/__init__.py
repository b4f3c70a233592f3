"""The report as Markdown for GitHub: a comment on a pull request."""
