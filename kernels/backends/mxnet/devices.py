"""Which devices MXNet can use here, and why not the others."""

from __future__ import annotations

from functools import cache

from kernels.backends import cuda_driver
from kernels.backends.mxnet import gpu_probe
from kernels.backends.mxnet.cuda_libraries import gpu_wheel
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status

#: Compute capabilities that the GPU wheels of MXNet 1.9.1 hold machine code for; they hold
#: no PTX, so nothing is compiled for a newer GPU when it is met.
WHEEL_HOLDS = ((5, 0), (6, 0), (7, 0), (8, 0), (8, 6))


def holds_code_for(capability: tuple[int, int]) -> bool:
    """Say whether the wheel's machine code runs on a GPU.

    Machine code runs on GPUs of the same major and the same or a higher minor compute
    capability (CUDA C++ Programming Guide, "Binary Compatibility").

    Parameters
    ----------
    capability : tuple of int
        Major and minor.

    Returns
    -------
    bool
    """
    major, minor = capability
    return any(major == held[0] and minor >= held[1] for held in WHEEL_HOLDS)


def capability_sentence(gpu: cuda_driver.CudaDevice) -> str:
    """Put a GPU's compute capability against what the wheel holds."""
    held = ", ".join(f"{major}.{minor}" for major, minor in WHEEL_HOLDS)
    major, minor = gpu.compute_capability
    return (
        f"{gpu.name} has compute capability {major}.{minor}; the MXNet 1.9.1 GPU wheel holds "
        f"code for {held} and no PTX"
    )


def _judge(gpu: cuda_driver.CudaDevice, error: str) -> Availability:
    """Turn what one operator gave on a GPU into an answer."""
    if not error:
        return AVAILABLE
    if not holds_code_for(gpu.compute_capability):
        return Availability(
            Status.BROKEN,
            f"{capability_sentence(gpu)}: one operator gave {error!r}.",
            "Use a GPU of compute capability 8.9 or less.",
        )
    return Availability(
        Status.BROKEN,
        f"one operator on {gpu.name} gave {error!r}.",
        "Check the driver with nvidia-smi.",
    )


def _gpus() -> list[DeviceReport]:
    """List the GPUs; one line that says why where there is none to use."""
    try:
        found = cuda_driver.devices()
    except cuda_driver.DriverError as error:
        answer = Availability(
            Status.NO_DEVICE, str(error), "GPU cases need an NVIDIA GPU with its driver."
        )
        return [DeviceReport("gpu(0)", answer)]
    if not found:
        answer = Availability(Status.NO_DEVICE, "the NVIDIA driver finds no GPU.", "")
        return [DeviceReport("gpu(0)", answer)]
    if gpu_wheel() is None:
        return [
            DeviceReport(
                f"gpu({gpu.index})",
                Availability(
                    Status.MISSING,
                    f"the installed mxnet is the CPU wheel; {capability_sentence(gpu)}.",
                    "pip uninstall mxnet, then pip install -e '.[cu112]'."
                    if holds_code_for(gpu.compute_capability)
                    else "",
                ),
                gpu.name,
            )
            for gpu in found
        ]
    try:
        answers = [_judge(*pair) for pair in zip(found, gpu_probe.run(len(found)), strict=True)]
    except gpu_probe.ProbeError as error:
        answers = [_judge(gpu, str(error)) for gpu in found]
    return [
        DeviceReport(f"gpu({gpu.index})", answer, gpu.name)
        for gpu, answer in zip(found, answers, strict=True)
    ]


@cache
def reports() -> tuple[DeviceReport, ...]:
    """List the devices, probing each GPU once.

    Returns
    -------
    tuple of DeviceReport
        ``cpu(0)`` first; at least one GPU, with the reason where there is none.
    """
    return (DeviceReport("cpu(0)", AVAILABLE), *_gpus())
