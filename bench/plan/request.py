"""What was asked for: each field of `Request` is an option, read and checked here."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import data
from bench.machine.conditions import AS_IS, CONTROLLED, Conditions, controlled
from bench.machine.gpu import has_gpu
from bench.machine.threads import AT_START
from bench.measure.protocol import Protocol
from bench.plan import values
from bench.plan.catalogue import modules
from bench.plan.matrix import PRESETS, Selection
from bench.plan.rule import RULE
from bench.plan.tasks import Setting
from bench.plan.values import SelectionError
from data.errors import DataError
from kernels import schedules, tf32
from kernels.backends import BACKENDS, FIRST
from kernels.controls import SIZES
from kernels.registry import Registry, discover
from kernels.sampling import SAMPLINGS
from kernels.stepwise import StepKernel


def _preset(option: str, text: str) -> str:
    return values.one_of(option, text, PRESETS, "preset")


def _cases(option: str, text: str) -> tuple[str, ...]:
    """Read names of case modules, with or without ``bench_``."""
    known = [name.removeprefix("bench_") for name in modules()]
    bare = ",".join(part.removeprefix("bench_") for part in values.split(option, text))
    return tuple(f"bench_{name}" for name in values.names(option, bare, known, "case"))


def _schedule(option: str, text: str) -> str:
    try:
        schedules.parse(text, 1.0)
    except schedules.ScheduleError as error:
        raise SelectionError(f"{option}: {error}") from error
    return text


def _sampling(option: str, text: str) -> str:
    return values.one_of(option, text, SAMPLINGS, "sampling")


def _conditions(option: str, text: str) -> str:
    return values.one_of(option, text, (CONTROLLED, AS_IS), "condition")


def _seed(option: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise SelectionError(
            f"{option}: {text!r} is not allowed; give a whole number from 0 to 999999999."
        )
    return int(text)


def _cpus(option: str, text: str) -> tuple[int, ...]:
    """Read a list of CPUs, each of which this process may run on."""
    chosen: set[int] = set()
    for part in values.split(option, text):
        match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        cpus = {cpu for cpu in AT_START if first <= cpu <= last}
        if len(cpus) != last - first + 1 or not cpus:
            raise SelectionError(
                f"{option}: {part!r} is not allowed; give CPUs, or ranges such as 0-3, out of "
                f"{', '.join(map(str, AT_START))}."
            )
        chosen |= cpus
    return tuple(sorted(chosen))


def _whole(largest: int = RULE.max_whole_number) -> Callable[[str, str], int]:
    return partial(values.whole_number, largest=largest)


@dataclass(frozen=True)
class Option:
    """How an option is described and read; its name, type and default are its field's.

    Attributes
    ----------
    read : callable or None
        Makes a value of the option's name and text, or raises `SelectionError`. Without it
        the text stays: it can be checked only against the registry or the workloads.
    flag : str
        Its name on the command line, where that is not the field's.
    also : str
        Another name for it.
    shown : str
        Its default as it is written, where the value is not.
    """

    help: str
    read: Callable[[str, str], Any] | None = None
    flag: str = ""
    also: str = ""
    shown: str = ""


@dataclass(frozen=True)
class Request:
    """Which cases are asked for, how they are trained, and how they are measured.

    To add an option, add a field here: the commands and the pytest plugin that offer it have
    its name, text, check and default from here.
    """

    preset: Annotated[str, Option("quick, default, full, memory or pairs.", _preset)] = (
        "default"
    )
    cases: Annotated[
        tuple[str, ...],
        Option("epoch, step, loader, update, engine, machine, notebook.", _cases),
    ] = ()
    workloads: Annotated[
        str | None, Option("airfoil, synthetic-10000x32, …", also="--workload")
    ] = None
    kernels: Annotated[str | None, Option("Names, or patterns: nd.*", also="--kernel")] = None
    devices: Annotated[str | None, Option("cpu(0), gpu(0), …", also="--device")] = None
    loaders: Annotated[str | None, Option("inmemory, dataloader.")] = None
    batch_sizes: Annotated[str | None, Option("Whole numbers.")] = None
    update_sizes: Annotated[str | None, Option("Parameter counts of bench_update.")] = None
    kernel_folder: Annotated[
        tuple[Path, ...], Option("A folder with kernel files of your own.")
    ] = ()
    require: Annotated[str | None, Option("Kernels or devices that must not be skipped.")] = (
        None
    )
    learning_rate: Annotated[
        float | None, Option("Initial rate; by default the workload's.", values.positive)
    ] = None
    schedule: Annotated[str, Option("Of the learning rate.", _schedule)] = "constant"
    sampling: Annotated[str, Option(" or ".join(SAMPLINGS), _sampling)] = SAMPLINGS[0]
    seed: Annotated[int, Option("Of the start and the sample orders.", _seed)] = 0
    epochs: Annotated[int | None, Option("Epochs of one training.", _whole())] = None
    notebook_repeats: Annotated[
        int | None, Option("Trainings of each bench_notebook case.", _whole())
    ] = None
    tolerance: Annotated[
        float,
        Option(
            "Percent above the optimum's loss that is near enough.",
            values.share,
            flag="--target",
            shown="1",
        ),
    ] = 0.01
    precision: Annotated[
        float,
        Option(
            "Percent: no more rounds once a median is known to this …", values.share, shown="1"
        ),
    ] = 0.01
    seconds_per_case: Annotated[
        float | None,
        Option("… or so much is timed, in each process.", values.positive, also="--timed"),
    ] = None
    processes: Annotated[
        int, Option("Fresh processes that each measure every case.", _whole(RULE.max_processes))
    ] = 5
    order_seed: Annotated[
        int | None,
        Option("Of the order of the cases; drawn by default.", _whole(RULE.max_order_seed)),
    ] = None
    case_timeout: Annotated[
        int | None,
        Option(
            "Seconds that a case may take; by its estimate else.", _whole(RULE.max_case_seconds)
        ),
    ] = None
    threads: Annotated[
        int | None,
        Option("Threads of every pool; by default as they are.", _whole(RULE.max_threads)),
    ] = None
    conditions: Annotated[
        str,
        Option(
            "Of the processes: controlled (where memory lies, and on which CPU, is drawn by a "
            "seed) or as-is.",
            _conditions,
        ),
    ] = AS_IS
    pin: Annotated[
        tuple[int, ...], Option("CPUs that the processes may run on: 0 or 0,2-3.", _cpus)
    ] = ()
    tf32: Annotated[
        bool,
        Option("Let libraries round the factors of products on GPUs to 10 bits (TF32)."),
    ] = False
    memory: Annotated[
        bool, Option("Measure memory, each training in a process of its own.")
    ] = True


@lru_cache(maxsize=1)
def options() -> dict[str, Option]:
    """Return the options by the names of their fields."""
    hints = get_type_hints(Request, include_extras=True)
    return {field.name: get_args(hints[field.name])[1] for field in fields(Request)}


def flag(name: str) -> str:
    """Return the name of an option on the command line."""
    return options()[name].flag or f"--{name.replace('_', '-')}"


def written(value: object) -> str | None:
    """Return a default as it would be typed; None where nothing would be."""
    if isinstance(value, tuple):
        return ",".join(str(one).removeprefix("bench_") for one in value) or None
    return str(value)


def read(name: str, text: Any) -> Any:
    """Read an option.

    Parameters
    ----------
    name : str
        Of its field.
    text : str
        As it was typed.

    Returns
    -------
    object
        For the field.

    Raises
    ------
    SelectionError
    """
    reader = options()[name].read
    return text if reader is None else reader(flag(name), text)


def request_of(given: Mapping[str, Any], **defaults: Any) -> Request:
    """Read options as they were typed.

    Parameters
    ----------
    given : mapping of str to str, bool or list of Path
        By field; None where an option was not given.
    **defaults
        Of fields, where they differ from those of `Request`.

    Raises
    ------
    SelectionError
    """
    chosen = {
        name: tuple(typed) if isinstance(typed, list) else read(name, typed)
        for name, typed in given.items()
        if typed is not None
    }
    return Request(**{**defaults, **chosen})


# How the processes are started.


def setting_of(request: Request) -> Setting:
    """Return what holds for every process: by default what holds for this one."""
    pools = () if request.threads is None else values.POOLS
    products = tf32.ALLOWING if allows_tf32(request) else {}
    return Setting({**dict.fromkeys(pools, str(request.threads)), **products}, request.pin)


def conditions_of(
    request: Request, seed: int, settings: Sequence[Setting] = ()
) -> Conditions | None:
    """Return the conditions that are asked for, as far as this system allows them.

    Parameters
    ----------
    seed : int
        By which they are drawn.
    settings : sequence of Setting
        Of the processes; by default that of the request.
    """
    if request.conditions == AS_IS:
        return None
    environments = [one.environment for one in settings or [setting_of(request)]]
    return controlled(seed, environments, request.pin)


def allows_tf32(request: Request) -> bool:
    """Say whether TF32 is asked for, of a GPU: else the option changes nothing."""
    wanted = request.devices is None or "gpu" in request.devices
    return request.tf32 and wanted and has_gpu()


def order_seed_of(request: Request) -> int:
    """Return the seed of the order of the cases, drawn where none was given."""
    if request.order_seed is None:
        return secrets.randbelow(RULE.max_order_seed)
    return request.order_seed


# How they train and measure.


def protocol_of(request: Request) -> Protocol:
    """Return the protocol that is asked for, or that of the preset."""
    preset = PRESETS[request.preset]
    return Protocol(
        epochs=request.epochs or preset.epochs,
        seconds_per_case=request.seconds_per_case or preset.seconds_per_case,
        notebook_repeats=request.notebook_repeats or preset.notebook_repeats,
        seed=request.seed,
        sampling=request.sampling,  # type: ignore[arg-type] # it is one of SAMPLINGS
        schedule=request.schedule,
        learning_rate=request.learning_rate,
        target=request.precision,
        tolerance=request.tolerance,
        phases=preset.phases,
    )


# Which cases: values of every axis of the matrix.


#: MXNet's engines: as it comes, and one that does each operator before the call returns.
ENGINES = ("ThreadedEnginePerDevice", "NaiveEngine")
#: Enough to see what the engine costs; an option can name others.
ENGINE_KERNELS = ("nd.autograd", "nd.closed_form", "nd.foreach", "gluon.hybrid")


def _workloads(request: Request) -> tuple[str, ...]:
    if request.workloads is None:
        return PRESETS[request.preset].workloads
    chosen = values.split("--workloads", request.workloads)
    for name in chosen:
        try:
            data.n_samples(name)
        except DataError as error:
            raise SelectionError(f"--workloads: {error}") from error
    return tuple(dict.fromkeys(chosen))


def _batch_sizes(request: Request, workloads: tuple[str, ...]) -> tuple[int, ...]:
    if request.batch_sizes is None:
        return PRESETS[request.preset].batch_sizes
    largest = max(workloads, key=data.n_samples)
    why = f"the samples of {largest}"
    return values.whole_numbers(
        "--batch-sizes", request.batch_sizes, data.n_samples(largest), why
    )


def _update_sizes(request: Request) -> tuple[int, ...]:
    if request.update_sizes is None:
        return PRESETS[request.preset].update_sizes
    return values.whole_numbers(
        "--update-sizes", request.update_sizes, RULE.max_update_size, "parameters of float32"
    )


def _loaders(request: Request) -> tuple[str, ...]:
    known = tuple(dict.fromkeys(x for b in BACKENDS.values() for x in b.loaders))
    if request.loaders is not None:
        return values.names("--loaders", request.loaders, known, "loader")
    return PRESETS[request.preset].loaders or known


def _backends(
    request: Request, registry: Registry, kernels: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the backends to look at: where kernels are named, only theirs.

    What is looked at is imported, and what is imported may disturb what is measured.
    """
    if request.kernels is None:
        return tuple(BACKENDS)
    used = {(registry.train.get(name) or registry.update[name]).backend for name in kernels}
    return tuple(name for name in BACKENDS if name in used)


def _devices(request: Request, backends: tuple[str, ...]) -> tuple[str, ...]:
    if request.devices is not None:
        return values.devices("--devices", request.devices)
    seen = [report.device for name in backends for report in BACKENDS[name].devices()]
    return tuple(dict.fromkeys(seen))


def select(request: Request) -> Selection:
    """Return the cases that are asked for.

    Raises
    ------
    SelectionError
        When a name is wrong or a number is out of range.
    RegistryError
        When a kernel file can't be listed.
    """
    preset = PRESETS[request.preset]
    registry = discover(request.kernel_folder)
    workloads = _workloads(request)
    kernels: tuple[str, ...] = (*registry.train, *registry.update)
    if request.kernels is not None:
        kernels = values.names("--kernels", request.kernels, kernels, "kernel")
    backends = _backends(request, registry, kernels)
    train = tuple(name for name in kernels if name in registry.train)
    engine = kernels if request.kernels is not None else ENGINE_KERNELS
    axes: dict[str, tuple[Any, ...]] = {
        "workload": workloads,
        "kernel": train,
        "step_kernel": tuple(
            name for name in train if isinstance(registry.train[name], StepKernel)
        ),
        "engine_kernel": tuple(
            name
            for name in engine
            if name in registry.train and registry.train[name].backend == FIRST
        ),
        "update_kernel": tuple(name for name in kernels if name in registry.update),
        "backend": backends,
        "device": _devices(request, backends),
        "loader": _loaders(request),
        "batch_size": _batch_sizes(request, workloads),
        "n_parameters": _update_sizes(request),
        "n_tensors": preset.tensor_counts,
        "engine": ENGINES,
        "control": tuple(SIZES),
        "n_bytes": tuple(sorted({size for sizes in SIZES.values() for size in sizes})),
    }
    named = {
        "workload": request.workloads,
        "kernel": request.kernels,
        "loader": request.loaders,
        "batch_size": request.batch_sizes,
        "n_parameters": request.update_sizes,
    }
    narrowed = frozenset(axis for axis, text in named.items() if text is not None)
    return Selection(registry, axes, narrowed, preset.most_steps, preset.fewer)


def required(request: Request, registry: Registry) -> tuple[str, ...]:
    """Return the kernels and devices that must not be skipped.

    Raises
    ------
    SelectionError
        When a name is neither.
    """
    if request.require is None:
        return ()
    known = {*registry.train, *registry.update}
    named = []
    for value in values.split("--require", request.require):
        try:
            named.append(value if value in known else values.devices("", value)[0])
        except SelectionError as error:
            raise SelectionError(
                f"--require: {value!r} is neither a device, like gpu(0), nor a kernel; "
                f"{values.instead(value, known)}"
            ) from error
    return tuple(named)
