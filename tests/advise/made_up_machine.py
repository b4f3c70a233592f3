"""A machine that nobody has: round ceilings, so that every answer is known beforehand."""

from __future__ import annotations

from typing import Any

from tests.store.made_up_run import benchmark

KIB, MIB = 2**10, 2**20
#: Bytes of one array, and the triad's bytes per second there.
TRIADS = {4 * KIB: 1e9, 64 * KIB: 2e11, MIB: 1e11, 128 * MIB: 2e10}
MATMUL = 4e11
EMPTY = {"mxnet": 1e-5, "numba": 1e-6}
#: An empty operator on a GPU: until the call returns, and by the device's clock.
GPU_ENQUEUED, GPU_DEVICE = 5e-6, 2e-6
FINGERPRINT: dict[str, Any] = {
    "cores_usable": 2,
    "caches": [
        {"level": 1, "type": "Data", "size_bytes": 32 * KIB, "shared_by": 1},
        {"level": 1, "type": "Instruction", "size_bytes": 64 * KIB, "shared_by": 1},
        {"level": 2, "type": "Unified", "size_bytes": MIB, "shared_by": 1},
        {"level": 3, "type": "Unified", "size_bytes": 32 * MIB, "shared_by": 2},
    ],
}
#: What the driver tells of a GPU that moves 3.35 TB/s and does 66.9 Tflop/s in theory.
GPU: dict[str, Any] = {
    "index": 0,
    "compute_capability": "9.0",
    "multiprocessors": 132,
    "clock_khz": 1_980_000,
    "memory_clock_khz": 2_619_000,
    "memory_bus_bits": 5120,
    "l2_bytes": 50 * MIB,
    "tf32": False,
}


def control(
    name: str, seconds: float, n_bytes: int = 4, *, device: str = "cpu(0)", **facts: Any
) -> dict[str, Any]:
    return benchmark(
        f"bench_machine[{facts.get('backend')}-{device}-{name}-bytes{n_bytes}]",
        [seconds] * 5,
        {"case": "machine", "control": name, "n_bytes": n_bytes, "device": device, **facts},
    )


def controls(device: str = "cpu(0)", times: float = 1.0) -> list[dict[str, Any]]:
    """Return the controls of a device whose rates are so many times those of the others."""
    triads = [
        control(
            "triad",
            12 * (size // 4) / (times * rate),
            size,
            device=device,
            backend="numba",
            moved_bytes_per_second=times * rate,
            flops_per_second=0.0,
        )
        for size, rate in TRIADS.items()
    ]
    matmul = control(
        "matmul",
        1.0,
        16 * MIB,
        device=device,
        backend="numba",
        moved_bytes_per_second=1.0,
        flops_per_second=times * MATMUL,
    )
    on_gpu = device.startswith("gpu")
    empties = [
        control(
            "empty_operator",
            GPU_ENQUEUED if on_gpu else seconds,
            device=device,
            backend=backend,
            enqueued_seconds=GPU_ENQUEUED if on_gpu else seconds,
            device_seconds=GPU_DEVICE if on_gpu else None,
        )
        for backend, seconds in EMPTY.items()
    ]
    return [*triads, matmul, *empties]


def epoch(
    kernel: str,
    batch_size: int,
    seconds: float,
    *,
    n_samples: int = 1000,
    device: str = "cpu(0)",
    **facts: Any,
) -> dict[str, Any]:
    """Return an epoch over rows of 3 features that moves 100 and computes 50 a sample."""
    loader = facts.setdefault("loader", "inmemory")
    return benchmark(
        f"bench_epoch[made-up-{kernel}-{device}-{loader}-B{batch_size}]",
        [seconds] * 5,
        {
            "case": "epoch",
            "workload": "made-up",
            "kernel": kernel,
            "backend": "mxnet",
            "device": device,
            "batch_size": batch_size,
            "n_samples": n_samples,
            "n_features": 3,
            "bytes_moved": 100.0 * n_samples,
            "flops": 50.0 * n_samples,
            "moved_bytes_per_second": 100.0 * n_samples / seconds,
            "flops_per_second": 50.0 * n_samples / seconds,
            "enqueued_seconds": seconds,
            **facts,
        },
    )


def step(kernel: str, batch_size: int, seconds: float, **facts: Any) -> dict[str, Any]:
    made = epoch(kernel, batch_size, seconds, **facts)
    own = {"case": "step", "bytes_moved": 100.0 * batch_size, "flops": 50.0 * batch_size}
    return {
        **made,
        "name": made["name"].replace("epoch", "step"),
        "extra_info": {**made["extra_info"], **own},
    }


def update(
    kernel: str, n_parameters: int, seconds: float, *, device: str = "cpu(0)", **facts: Any
) -> dict[str, Any]:
    """Return an update of one tensor that moves 12 bytes a parameter."""
    n_tensors = facts.setdefault("n_tensors", 1)
    return benchmark(
        f"bench_update[{kernel}-{device}-P{n_parameters}-T{n_tensors}]",
        [seconds] * 5,
        {
            "case": "update",
            "workload": None,
            "loader": None,
            "batch_size": None,
            "kernel": kernel,
            "backend": "mxnet",
            "device": device,
            "precision": "float32",
            "n_parameters": n_parameters,
            "n_updated": n_parameters,
            "bytes_moved": 12.0 * n_parameters,
            "flops": 2.0 * n_parameters,
            "enqueued_seconds": seconds,
            **facts,
        },
    )


def run(benchmarks: list[dict[str, Any]], **fingerprint: Any) -> dict[str, Any]:
    """Return a run file; keywords are facts of its fingerprint."""
    return {
        "benchmarks": benchmarks,
        "machine_info": {"fingerprint": {**FINGERPRINT, **fingerprint}},
        "bench": {"status": "complete", "skipped": [], "failed": []},
    }


def on_threads(
    threads: int | None, benchmarks: list[dict[str, Any]], **facts: Any
) -> dict[str, Any]:
    """Return a run as of ``--threads``; keywords are facts of its fingerprint."""
    pools = (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "MXNET_CPU_WORKER_NTHREADS",
        "PJRT_NPROC",
    )
    asked = {} if threads is None else dict.fromkeys(pools, str(threads))
    made = run(benchmarks, threads={"settings": asked, "pools": {"omp": threads}}, **facts)
    made["bench"]["setting"] = {"environment": asked, "cpus": []}
    return made
