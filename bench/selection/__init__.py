"""Which cases are asked for: presets, the options that narrow them, the matrix."""
