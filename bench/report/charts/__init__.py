"""The charts of the HTML report: what each draws, as Vega-Lite and rows."""
