"""A small run that nobody measured: every kind of case, with round numbers."""

from __future__ import annotations

from typing import Any

ROUNDS = {
    # kernel, batch size: seconds of the epochs, two trainings of three epochs
    ("nd.autograd", 10): [0.5, 0.25, 0.25, 0.75, 0.25, 0.125],
    ("nd.autograd", 1500): [0.004, 0.004, 0.004, 0.004, 0.004, 0.004],
    ("nd.closed_form", 10): [0.125, 0.125, 0.125, 0.125, 0.125, 0.125],
    ("nd.closed_form", 1500): [0.001, 0.002, 0.002, 0.001, 0.002, 0.002],
}
LOSSES = {10: [0.5, 0.27, 0.26, 0.2575], 1500: [0.5, 0.33, 0.29, 0.2725]}
OPTIMUM = 0.25598485404
BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500)


def benchmark(name: str, data: list[float], facts: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "stats": {"data": data}, "extra_info": facts}


def epoch(kernel: str, batch_size: int, device: str = "cpu(0)") -> dict[str, Any]:
    data = ROUNDS[kernel, batch_size]
    median = sorted(data)[2] / 2 + sorted(data)[3] / 2
    return benchmark(
        f"bench_epoch[airfoil-{kernel}-{device}-inmemory-B{batch_size}]",
        data,
        {
            "case": "epoch",
            "workload": "airfoil",
            "kernel": kernel,
            "device": device,
            "loader": "inmemory",
            "batch_size": batch_size,
            "samples_per_second": 1500 / median,
            "loss": LOSSES[batch_size][-1],
            "loss_by_epoch": LOSSES[batch_size],
            "loss_optimum": OPTIMUM,
            "epochs": 3,
            "enqueued_data": data,
            "gate": {"steps": 14, "worst_ratio": 0.25},
        },
    )


def loader(name: str, batch_size: int, seconds: float) -> dict[str, Any]:
    return benchmark(
        f"bench_loader[airfoil-mxnet-cpu(0)-{name}-B{batch_size}]",
        [seconds] * 5,
        {
            "case": "loader",
            "workload": "airfoil",
            "backend": "mxnet",
            "kernel": None,
            "device": "cpu(0)",
            "loader": name,
            "batch_size": batch_size,
            "samples_per_second": 1500 / seconds,
            "epochs": None,
        },
    )


def update(kernel: str, n_parameters: int, seconds: float) -> dict[str, Any]:
    return benchmark(
        f"bench_update[{kernel}-cpu(0)-P{n_parameters}]",
        [seconds] * 10,
        {
            "case": "update",
            "workload": None,
            "kernel": kernel,
            "device": "cpu(0)",
            "loader": None,
            "batch_size": None,
            "n_parameters": n_parameters,
            "useful_bytes_per_second": 12 * n_parameters / seconds,
        },
    )


def notebook(kernel: str, batch_size: int, loss: float | None) -> dict[str, Any]:
    losses = [0.5, 0.3, 0.28, 0.27, 0.26]
    return benchmark(
        f"bench_notebook[airfoil-{kernel}-cpu(0)-dataloader-B{batch_size}]",
        [0.25, 0.5, 0.25],
        {
            "case": "notebook",
            "workload": "airfoil",
            "kernel": kernel,
            "device": "cpu(0)",
            "loader": "dataloader",
            "batch_size": batch_size,
            "loss": 0.26,
            "loss_every_100_samples": losses,
            "seconds_every_100_samples": [0.0, 0.125, 0.25, 0.375, 0.5],
            "loss_by_training": [0.26, 0.25, 0.27],
            "loss_optimum": OPTIMUM,
            "learning_rate": 0.05,
            "epochs": 2,
            "printed": "loss: 0.260000, 0.250000 sec per epoch",
            "published": {
                "kernel": kernel,
                "batch_size": batch_size,
                "learning_rate": 0.05,
                "epochs": 2,
                "loss": loss,
                "seconds_per_epoch": None if loss is None else 0.239172,
            },
        },
    )


def unmeasured(name: str, device: str, reason: str) -> dict[str, Any]:
    params = {"kernel": "nd.autograd", "device": device}
    return {"id": f"bench_epoch[{name}-{device}]", "params": params, "reason": reason}


def document(benchmarks: list[dict[str, Any]] | None = None, **added: Any) -> dict[str, Any]:
    """Return the run; keywords are what its ``bench`` says."""
    everything = [
        *(epoch(*cell) for cell in reversed(ROUNDS)),
        *(loader("inmemory", size, 0.25 / size) for size in BATCH_SIZES),
        loader("dataloader", 10, 0.5),
        *(update("update.sgd_update", n, 2.0**-20 * n) for n in (5, 10_000, 10_000_000)),
        notebook("nd.autograd", 10, 0.259893),
        notebook("gluon.trainer", 10, None),
    ]
    return {
        "benchmarks": everything if benchmarks is None else benchmarks,
        "bench": {"status": "complete", "skipped": [], "failed": [], **added},
    }
