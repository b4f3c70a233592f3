"""Shows what was measured and found: as text, a page, Markdown, figures."""
