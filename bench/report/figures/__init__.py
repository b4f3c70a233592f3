"""The figures of runs, drawn with matplotlib, as PNG and SVG."""
