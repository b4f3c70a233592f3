"""What every benchmark of a run file says, as the run file's description demands."""

from __future__ import annotations

REQUIRED = {
    "workload",
    "kernel",
    "backend",
    "device",
    "loader",
    "batch_size",
    "n_samples",
    "seconds_per_epoch",
    "samples_per_second",
    "loss",
    "loss_initial",
    "learning_rate",
    "epochs",
    "enqueued_seconds",
    "verified",
}
