"""``python -m bench report``: reads stored runs, has them analysed, and writes the report."""
