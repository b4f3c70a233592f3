"""How many steps a batch size needs until the loss is near the optimum.

That does not depend on the kernel: all follow the float64 reference. So it is found once for
a workload, by many float64 trainings side by side, on NumPy alone.
"""
