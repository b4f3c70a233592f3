"""The hand-written kernels, one file each, with their registry and float64 reference."""
