"""CUDA kernels written by hand: their source, how to launch them, and on what."""
