"""From the options as they were given to a checked selection, protocol and setting."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import data
from bench.machine.threads import AT_START
from bench.measure.protocol import Protocol
from bench.plan import values as parsing
from bench.plan.matrix import PRESETS, Selection
from bench.plan.tasks import Setting
from bench.plan.values import SelectionError, split, whole_number
from data.errors import DataError
from kernels import schedules
from kernels.backends import BACKENDS, FIRST
from kernels.controls import SIZES
from kernels.registry import discover
from kernels.sampling import SAMPLINGS
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from pathlib import Path

    from bench.plan.matrix import Preset
    from kernels.registry import Registry

# From ``--threads`` and ``--pin`` to the setting of every measuring process.


#: What each pool reads when its library is imported: OpenMP (MXNet, PyTorch), the BLAS
#: libraries, Numba, MXNet's own workers, and XLA's (JAX).
POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "MXNET_CPU_WORKER_NTHREADS",
    "PJRT_NPROC",
)
MOST_THREADS = 4096


def setting_of(threads: str | None, pin: str | None) -> Setting:
    """Read the options.

    Parameters
    ----------
    threads : str or None
        Of every pool.
    pin : str or None
        CPUs: ``0``, ``0,2``, ``0-3``.

    Returns
    -------
    Setting
        Empty where neither is given: the processes are as a user has them.

    Raises
    ------
    SelectionError
    """
    environment = {}
    if threads is not None:
        number = str(whole_number("--threads", threads, MOST_THREADS))
        environment = dict.fromkeys(POOLS, number)
    return Setting(environment, () if pin is None else _cpus(pin))


def _cpus(text: str) -> tuple[int, ...]:
    """Read a list of CPUs, each of which this process may run on."""
    allowed = AT_START
    chosen: set[int] = set()
    for part in split("--pin", text):
        match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        cpus = {cpu for cpu in allowed if first <= cpu <= last}
        if len(cpus) != last - first + 1 or not cpus:
            raise SelectionError(
                f"--pin: {part!r} is not allowed; give CPUs, or ranges such as 0-3, out of "
                f"{', '.join(map(str, allowed))}."
            )
        chosen |= cpus
    return tuple(sorted(chosen))


# From the options as they were given to a checked selection.


LARGEST_UPDATE = 10**9
#: MXNet's engines: as it comes, and one that does each operator before the call returns.
ENGINES = ("ThreadedEnginePerDevice", "NaiveEngine")
#: Enough to see what the engine costs; an option can name others.
ENGINE_KERNELS = ("nd.autograd", "nd.closed_form", "nd.foreach", "gluon.hybrid")


@dataclass(frozen=True)
class Given:
    """The options that choose cases, as text; None where one was not given."""

    preset: str = "default"
    workloads: str | None = None
    kernels: str | None = None
    devices: str | None = None
    loaders: str | None = None
    batch_sizes: str | None = None
    update_sizes: str | None = None
    kernel_folders: tuple[Path, ...] = ()


def preset_of(given: Given) -> Preset:
    """Return the preset that was asked for.

    Parameters
    ----------
    given : Given

    Returns
    -------
    Preset

    Raises
    ------
    SelectionError
    """
    return PRESETS[parsing.one_of("--preset", given.preset, PRESETS, "preset")]


def _workloads(given: Given, preset: Preset) -> tuple[str, ...]:
    if given.workloads is None:
        return preset.workloads
    chosen = parsing.split("--workloads", given.workloads)
    for name in chosen:
        try:
            data.n_samples(name)
        except DataError as error:
            raise parsing.SelectionError(f"--workloads: {error}") from error
    return tuple(dict.fromkeys(chosen))


def _batch_sizes(given: Given, preset: Preset, workloads: tuple[str, ...]) -> tuple[int, ...]:
    if given.batch_sizes is None:
        return preset.batch_sizes
    largest = max(workloads, key=data.n_samples)
    why = f"the samples of {largest}"
    return parsing.whole_numbers(
        "--batch-sizes", given.batch_sizes, data.n_samples(largest), why
    )


def _backends(given: Given, registry: Registry, kernels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the backends to look at: where kernels are named, only theirs.

    What is looked at is imported, and what is imported may disturb what is measured.
    """
    if given.kernels is None:
        return tuple(BACKENDS)
    used = {(registry.train.get(name) or registry.update[name]).backend for name in kernels}
    return tuple(name for name in BACKENDS if name in used)


def _devices(given: Given, backends: tuple[str, ...]) -> tuple[str, ...]:
    if given.devices is not None:
        return parsing.devices("--devices", given.devices)
    seen = [report.device for name in backends for report in BACKENDS[name].devices()]
    return tuple(dict.fromkeys(seen))


def _update_sizes(given: Given, preset: Preset) -> tuple[int, ...]:
    if given.update_sizes is None:
        return preset.update_sizes
    why = "parameters of float32"
    return parsing.whole_numbers("--update-sizes", given.update_sizes, LARGEST_UPDATE, why)


def _engine_kernels(
    given: Given, registry: Registry, kernels: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the MXNet kernels to try under each engine."""
    chosen = kernels if given.kernels is not None else ENGINE_KERNELS
    return tuple(
        name
        for name in chosen
        if name in registry.train and registry.train[name].backend == FIRST
    )


def select(given: Given) -> Selection:
    """Check the options and return what they select.

    Parameters
    ----------
    given : Given

    Returns
    -------
    Selection

    Raises
    ------
    SelectionError
        When a name is wrong or a number is out of range.
    RegistryError
        When a kernel file can't be listed.
    """
    preset = preset_of(given)
    registry = discover(given.kernel_folders)
    workloads = _workloads(given, preset)
    kernels: tuple[str, ...] = (*registry.train, *registry.update)
    if given.kernels is not None:
        kernels = parsing.names("--kernels", given.kernels, kernels, "kernel")
    backends = _backends(given, registry, kernels)
    all_loaders = tuple(dict.fromkeys(x for b in BACKENDS.values() for x in b.loaders))
    loaders = preset.loaders or all_loaders
    if given.loaders is not None:
        loaders = parsing.names("--loaders", given.loaders, all_loaders, "loader")
    values: dict[str, tuple[Any, ...]] = {
        "workload": workloads,
        "kernel": tuple(name for name in kernels if name in registry.train),
        "step_kernel": tuple(
            name for name in kernels if isinstance(registry.train.get(name), StepKernel)
        ),
        "engine_kernel": _engine_kernels(given, registry, kernels),
        "update_kernel": tuple(name for name in kernels if name in registry.update),
        "backend": backends,
        "device": _devices(given, backends),
        "loader": loaders,
        "batch_size": _batch_sizes(given, preset, workloads),
        "n_parameters": _update_sizes(given, preset),
        "n_tensors": preset.tensor_counts,
        "engine": ENGINES,
        "control": tuple(SIZES),
        "n_bytes": tuple(sorted({size for sizes in SIZES.values() for size in sizes})),
    }
    options = {
        "workload": given.workloads,
        "kernel": given.kernels,
        "loader": given.loaders,
        "batch_size": given.batch_sizes,
        "n_parameters": given.update_sizes,
    }
    narrowed = frozenset(axis for axis, text in options.items() if text is not None)
    return Selection(registry, values, narrowed, preset.most_steps)


# From the options that say how to train and measure, as they were given, to a protocol.


@dataclass(frozen=True)
class ProtocolGiven:
    """The options as text; None where one was not given."""

    learning_rate: str | None = None
    schedule: str = "constant"
    sampling: str = SAMPLINGS[0]
    seed: str = "0"
    epochs: str | None = None
    seconds_per_case: str | None = None
    precision: str = "1"
    notebook_repeats: str | None = None
    tolerance: str = "1"


def protocol_of(given: ProtocolGiven, preset: Preset) -> Protocol:
    """Check the options and return the protocol that they ask for.

    Parameters
    ----------
    given : ProtocolGiven
    preset : Preset
        Says what was not given.

    Returns
    -------
    Protocol

    Raises
    ------
    SelectionError
    """
    if not re.fullmatch(r"[0-9]{1,9}", given.seed):
        raise parsing.SelectionError(
            f"--seed: {given.seed!r} is not allowed; give a whole number from 0 to 999999999."
        )
    sampling = parsing.one_of("--sampling", given.sampling, SAMPLINGS, "sampling")
    try:
        schedules.parse(given.schedule, 1.0)
    except schedules.ScheduleError as error:
        raise parsing.SelectionError(f"--schedule: {error}") from error
    return Protocol(
        epochs=_whole("--epochs", given.epochs, preset.epochs),
        seconds_per_case=_positive(
            "--seconds-per-case", given.seconds_per_case, preset.seconds_per_case
        ),
        notebook_repeats=_whole(
            "--notebook-repeats", given.notebook_repeats, preset.notebook_repeats
        ),
        seed=int(given.seed),
        sampling=sampling,  # type: ignore[arg-type] # it is one of SAMPLINGS
        schedule=given.schedule,
        learning_rate=None
        if given.learning_rate is None
        else parsing.positive("--learning-rate", given.learning_rate),
        target=parsing.share("--precision", given.precision),
        tolerance=parsing.share("--target", given.tolerance),
    )


def _whole(option: str, text: str | None, default: int) -> int:
    return default if text is None else parsing.whole_number(option, text)


def _positive(option: str, text: str | None, default: float) -> float:
    return default if text is None else parsing.positive(option, text)


def required(text: str | None, known: set[str]) -> tuple[str, ...]:
    """Read ``--require``: a list of kernels and devices.

    Parameters
    ----------
    text : str or None
    known : set of str
        Kernels.

    Returns
    -------
    tuple of str

    Raises
    ------
    SelectionError
    """
    if text is None:
        return ()
    named = []
    for value in parsing.split("--require", text):
        try:
            named.append(value if value in known else parsing.devices("", value)[0])
        except parsing.SelectionError as error:
            raise parsing.SelectionError(
                f"--require: {value!r} is neither a device, like gpu(0), nor a kernel; there "
                f"are: {', '.join(sorted(known))}."
            ) from error
    return tuple(named)
