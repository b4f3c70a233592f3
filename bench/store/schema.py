"""What a run file holds: every field once, with its type, its meaning and its unit.

A field of a record below is a line of a class: from it follow what is validated, the columns of
``bench.load``, and the tables in ``results/README.md``. Every field may be missing, or null:
files of other suites, and of older versions of this one, have fewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

# Any field may be null.
Text = str | None
Whole = int | None
Number = float | None
Truth = bool | None
Numbers = list[Number] | None
Floats = list[float] | None
Pair = tuple[float, float] | None
Record = dict[str, Any] | None

# A case: `benchmarks[].extra_info`.


class Identity(msgspec.Struct):
    """Which case it is. Every field is a column."""

    case: Annotated[
        Text, "`epoch`, `step`, `update`, `loader`, `engine`, `machine`, `notebook` or `target`"
    ] = None
    workload: Annotated[Text, "the data trained on"] = None
    kernel: Annotated[Text, "the training or update kernel"] = None
    backend: Annotated[Text, "the library that it runs on"] = None
    operator: Annotated[Text, "the library's operators that update the weights"] = None
    device: Annotated[Text, "as in `cpu(0)`, `gpu(0)`"] = None
    loader: Annotated[Text, "what makes the batches"] = None
    batch_size: Annotated[Whole, "samples in a batch", "samples"] = None
    n_samples: Annotated[Whole, "samples in an epoch", "samples"] = None
    n_features: Annotated[Whole, "features of a sample"] = None
    n_parameters: Annotated[Whole, "parameters of an update"] = None
    n_tensors: Annotated[Whole, "tensors that they are in"] = None
    n_bytes: Annotated[Whole, "size of a control", "bytes"] = None
    control: Annotated[Text, "what a control measures of the machine"] = None
    engine: Annotated[Text, "MXNet's engine"] = None
    precision: Annotated[
        Text, "of an update: `float32` and so on; `tf32` where a training may round so"
    ] = None
    density: Annotated[Number, "share of the parameters that an update changes"] = None
    sampling: Annotated[Text, "how samples are drawn"] = None
    schedule: Annotated[Text, "how the learning rate goes down"] = None
    seed: Annotated[Whole, "of the starting weights and the order of the samples"] = None
    momentum: Annotated[Number, "of the update rule"] = None
    learning_rate: Annotated[Number, "of the training"] = None
    epochs: Annotated[Whole, "epochs of a training"] = None


class Result(Identity):
    """What it gave. Every field is a column."""

    seconds_per_epoch: Annotated[Number, "median seconds of an epoch", "s"] = None
    samples_per_second: Annotated[Number, "samples of an epoch over its seconds", "1/s"] = None
    enqueued_seconds: Annotated[Number, "median until the Python calls had returned", "s"] = (
        None
    )
    device_seconds: Annotated[Number, "median by the device's own events", "s"] = None
    device_held: Annotated[
        Truth, "all was enqueued before the device began: else that is a span"
    ] = None
    cold_seconds: Annotated[Number, "the same of one call, its data in no cache", "s"] = None
    flops: Annotated[Number, "floating-point operations of a round, as declared"] = None
    bytes_moved: Annotated[Number, "bytes that a round moves, as declared", "bytes"] = None
    loss: Annotated[Number, "where the training ended"] = None
    loss_initial: Annotated[Number, "where it began"] = None
    loss_optimum: Annotated[Number, "the least that any weights have"] = None
    tolerance: Annotated[Number, "of a target: the share by which it is above the optimum"] = (
        None
    )
    target_loss: Annotated[Number, "the loss that such a training ends at"] = None
    steps_to_target: Annotated[Number, "steps until then"] = None
    expected_steps_to_target: Annotated[Number, "the same between steps, over all seeds"] = None
    seconds_to_target: Annotated[Number, "seconds until then", "s"] = None
    disturbed_rounds: Annotated[Whole, "rounds that something else disturbed"] = None
    untrusted: Annotated[Truth, "more than half of the rounds were disturbed"] = None
    half_width: Annotated[Number, "half of the rounds' interval over the median"] = None
    target_half_width: Annotated[Number, "what that was to be at most"] = None
    stopped: Annotated[Text, "what ended it: `precise`, `budget`, `rounds` or `protocol`"] = (
        None
    )
    overhead_share: Annotated[Number, "what the harness adds, as a share of the median"] = None
    verified: Annotated[Truth, "the training passed its check against the reference"] = None


class Memory(msgspec.Struct):
    """Of the memory pass, in a process of its own: `memory`."""

    host_case_bytes: Annotated[Whole, "peak of host memory above that before", "bytes"] = None
    host_peak_is_exact: Annotated[Truth, "false: that is only an upper bound"] = None
    allocator_peak_bytes: Annotated[Whole, "peak of the library's allocator", "bytes"] = None
    device_footprint_bytes: Annotated[Whole, "more in the device's memory", "bytes"] = None


class MemoryFacts(Memory):
    """What else the file holds of it."""

    host_base_bytes: Annotated[Whole, "of the process before the case", "bytes"] = None
    host_peak_bytes: Annotated[Whole, "of the whole process", "bytes"] = None
    host_noise_bytes: Annotated[Whole, "how coarse that is counted", "bytes"] = None
    workload_bytes: Annotated[Whole, "of the data", "bytes"] = None
    device_footprint_of: Annotated[Text, "the process, or the whole device"] = None


class WarmUp(msgspec.Struct):
    """Before the first round: `warm_up`."""

    calls: Annotated[Whole, "of the kernel"] = None
    seconds: Annotated[Number, "that they took", "s"] = None
    settled: Annotated[Truth, "the times had settled"] = None
    settled_seconds: Annotated[Number, "what a settled call takes", "s"] = None
    excess_seconds: Annotated[Number, "beyond as many settled calls", "s"] = None
    allocation_seconds: Annotated[Number, "of the allocation", "s"] = None
    first_step_seconds: Annotated[Number, "of the first step, which compiles", "s"] = None
    page_faults: Annotated[Whole, "minor ones"] = None


class Gate(msgspec.Struct):
    """The check against the reference: `gate`."""

    steps: Annotated[Whole, "steps compared"] = None
    worst_ratio: Annotated[Number, "largest distance over what rounding explains"] = None
    first_step_seconds: Annotated[Number, "of the first step, which compiles", "s"] = None


class Overhead(msgspec.Struct):
    """What the harness adds; nothing is subtracted: `overhead`."""

    seconds_per_round: Annotated[Number, "of reading the clock in a round", "s"] = None
    seconds_per_call: Annotated[
        Number, "of an empty call and a wait for the idle device", "s"
    ] = None


class Published(msgspec.Struct):
    """What the textbook printed: `published`."""

    kernel: Annotated[Text, "the kernel that does the same here"] = None
    batch_size: Annotated[Whole, "samples in a batch", "samples"] = None
    learning_rate: Annotated[Number, "of the training"] = None
    epochs: Annotated[Whole, "of the training"] = None
    loss: Annotated[Number, "printed"] = None
    seconds_per_epoch: Annotated[Number, "printed", "s"] = None


class Process(msgspec.Struct):
    """What is of one process: `processes[]`."""

    replicate: Annotated[Whole, "its number"] = None
    cpus: Annotated[list[int] | None, "that it was given by controlled conditions"] = None
    layout: Annotated[Whole, "of its memory; none for one that the system drew"] = None
    rounds: Annotated[tuple[int, int] | None, "its rounds in `stats.data`: from, to"] = None
    turns: Annotated[list[int] | None, "rounds in each turn, of a process of a pair"] = None
    iterations: Annotated[Whole, "in a round"] = None
    median: Annotated[Number, "of its rounds", "s"] = None
    fifth_percentile: Annotated[Number, "of its rounds", "s"] = None
    yardstick_seconds: Annotated[Number, "what a fixed piece of work took beside them", "s"] = (
        None
    )
    half_width: Annotated[Number, "as above, of its rounds"] = None
    disturbed_rounds: Annotated[Whole, "of its rounds"] = None
    seconds: Annotated[Number, "that the process spent on the case", "s"] = None
    warm_up: Annotated[WarmUp | None, "as above"] = None
    gate: Annotated[Gate | None, "as above"] = None
    overhead: Annotated[Overhead | None, "as above"] = None
    overhead_share: Annotated[Number, "as above"] = None
    stopped: Annotated[Text, "as above"] = None
    telemetry: Annotated[Record, "as above"] = None


class ExtraInfo(Result):
    """What stays in the file: `benchmarks[].extra_info`."""

    saves: Annotated[Text, "what the kernel saves against the rung below it"] = None
    moved_bytes_per_second: Annotated[Number, "`bytes_moved` over time", "bytes/s"] = None
    flops_per_second: Annotated[Number, "`flops` over time", "1/s"] = None
    bytes_minimum: Annotated[Number, "the fewest bytes that an update can move", "bytes"] = None
    useful_bytes_per_second: Annotated[Number, "those over time", "bytes/s"] = None
    n_updated: Annotated[Whole, "parameters that an update changes"] = None
    seconds_per_step: Annotated[Number, "of a step", "s"] = None
    seconds_per_update: Annotated[Number, "of an update", "s"] = None
    seconds_per_run: Annotated[Number, "of a control", "s"] = None
    interval: Annotated[Pair, "95%, of the median; null below six rounds", "s"] = None
    between_interval: Annotated[Pair, "of the processes' median", "s"] = None
    between_half_width: Annotated[Number, "half of it, as a share of the median"] = None
    between_confidence: Annotated[Number, "with which that interval holds"] = None
    enqueued_data: Annotated[Numbers, "`enqueued_seconds` of each round", "s"] = None
    device_data: Annotated[Numbers, "`device_seconds` of each pass", "s"] = None
    cold_data: Annotated[Numbers, "`cold_seconds` of each call", "s"] = None
    loss_by_epoch: Annotated[Numbers, "from before the first epoch on"] = None
    loss_by_training: Annotated[Numbers, "of every training of the notebook"] = None
    loss_every_100_samples: Annotated[Numbers, "of the median training"] = None
    seconds_every_100_samples: Annotated[Numbers, "until then", "s"] = None
    printed: Annotated[Text, "the line that the notebook prints"] = None
    protocol: Annotated[Text, "`notebook`, where the published protocol was used"] = None
    published: Annotated[Published | None, "what the textbook printed"] = None
    phases: Annotated[dict[str, Number] | None, "of an epoch, in a pass of its own", "s"] = None
    phases_total: Annotated[Number, "of that pass", "s"] = None
    phases_differ: Annotated[Number, "from `seconds_per_epoch`, as a share of it"] = None
    steps_interval: Annotated[Pair, "95%, of `expected_steps_to_target`"] = None
    seeds: Annotated[Whole, "that the steps were counted on"] = None
    missed_seeds: Annotated[Whole, "of them, that never came to the target"] = None
    marks: Annotated[
        dict[str, list[int]] | None, "by reason, the disturbed rounds' numbers"
    ] = None
    telemetry: Annotated[
        Record, "of each round; what is left out is zero, but for `unread`"
    ] = None
    warm_up: Annotated[WarmUp | None, "before the first round"] = None
    gate: Annotated[Gate | None, "the check against the reference"] = None
    overhead: Annotated[Overhead | None, "what the harness adds"] = None
    memory: Annotated[MemoryFacts | None, "of the memory pass"] = None
    processes: Annotated[list[Process] | None, "what is of one process"] = None


#: What the cases of a kind must have.
NEEDED = {
    "epoch": ("kernel", "batch_size"),
    "machine": ("control", "n_bytes"),
    "notebook": ("loss_every_100_samples", "seconds_every_100_samples"),
}


class Stats(msgspec.Struct):
    """Of the rounds, as pytest-benchmark has it: `benchmarks[].stats`."""

    iterations: Annotated[Whole, "iterations in a round"] = None
    mean: Annotated[Number, "of the rounds", "s"] = None
    stddev: Annotated[Number, "of the rounds", "s"] = None
    minimum: Annotated[Number, "of the rounds", "s"] = msgspec.field(default=None, name="min")
    maximum: Annotated[Number, "of the rounds", "s"] = msgspec.field(default=None, name="max")
    q1: Annotated[Number, "first quartile of the rounds", "s"] = None
    q3: Annotated[Number, "third quartile of the rounds", "s"] = None


class AllStats(Stats):
    """What the columns are computed from."""

    median: Annotated[Number, "of the rounds", "s"] = None
    rounds: Annotated[Whole, "rounds of all processes"] = None
    data: Annotated[Floats, "of each round, from drained to drained", "s"] = None


class Benchmark(msgspec.Struct):
    """`benchmarks[]`."""

    name: str
    stats: AllStats
    extra_info: ExtraInfo | None = None
    params: dict[str, Any] | None = None


# A run: `bench`, `machine_info`, `commit_info`.


class Unmeasured(msgspec.Struct):
    """A case that was skipped, failed or lost."""

    id: Annotated[Text, "its name"] = None
    params: Annotated[Record, "its parameters"] = None
    reason: Annotated[Text, "a sentence"] = None


class Asked(msgspec.Struct):
    """What a run was asked for. Every field is a column of the table of runs."""

    preset: Annotated[Text, "that it was measured with"] = None
    status: Annotated[Text, "`complete`, `interrupted` or `nothing measured`"] = None
    processes: Annotated[Whole, "that measure each case; NA: one measures all"] = None
    took_seconds: Annotated[Number, "of the whole run", "s"] = None


class Added(Asked):
    """What this suite adds of a run: `bench`."""

    format: Annotated[Whole, "version of what is added"] = None
    command: Annotated[list[str] | None, "that was typed"] = None
    protocol: Annotated[Record, "how cases are trained and timed"] = None
    setting: Annotated[Record, "threads and CPUs of the processes"] = None
    conditions: Annotated[Record, "from which layouts and CPUs are drawn; none as-is"] = None
    order_seed: Annotated[Whole, "of the order of the cases"] = None
    announced_seconds: Annotated[Number, "that the run was to take", "s"] = None
    skipped: Annotated[list[Unmeasured] | None, "cases, each with its reason"] = None
    failed: Annotated[list[Unmeasured] | None, "cases, each with its reason"] = None
    incidents: Annotated[list[Unmeasured] | None, "crashes, hangs, errors, want of memory"] = (
        None
    )
    ab: Annotated[Record, "of a side of `ab`: which, and the other's"] = None


#: The fact of a fingerprint that tells how its processes were started.
CONDITIONS = "conditions"


class Fingerprint(msgspec.Struct):
    """What makes two runs comparable, as far as it is shown: `machine_info.fingerprint`."""

    cpu_model: Annotated[Text, "the processor"] = None
    conditions: Annotated[Text, "of its processes; none where the system decides"] = None
    cores_physical: Annotated[Whole, "its cores"] = None
    memory_bytes: Annotated[Whole, "rounded", "bytes"] = None
    python: Annotated[Text, "version"] = None
    numpy: Annotated[Text, "version"] = None
    gpu_reason: Annotated[Text, "why no GPU is used"] = None
    gpus: Annotated[list[dict[str, Any]] | None, "with names, memory and driver"] = None
    backends: Annotated[dict[str, dict[str, Any]] | None, "builds of the libraries"] = None
    threads: Annotated[Record, "settings, and pools as they were"] = None


class MachineInfo(msgspec.Struct):
    """`machine_info`."""

    cpu: Annotated[Record, "of pytest-benchmark"] = None
    fingerprint: Annotated[Fingerprint | None, "what makes runs comparable"] = None
    fingerprint_id: Annotated[Text, "its short name"] = None
    volatile: Annotated[Record, "what changes by the minute"] = None


class Commit(msgspec.Struct):
    """`commit_info`."""

    id: Annotated[Text, "of git"] = None
    dirty: Annotated[Truth, "there were changes that were not committed"] = None


class OwnRun(msgspec.Struct):
    """A run file of this suite."""

    benchmarks: list[Benchmark]
    machine_info: MachineInfo | None = None
    commit_info: Commit | None = None
    datetime: str | None = None
    bench: Added | None = None


# What loading adds to them.


class Named(msgspec.Struct):
    """What a case is called. Every field is a column."""

    run: Annotated[Text, "the run, as in the table of runs"] = None
    taken: Annotated[datetime | None, "when the run was finished", "UTC"] = None
    commit: Annotated[Text, "of git; NA outside a checkout"] = None
    name: Annotated[Text, "the benchmark, with its parameters"] = None
    fullname: Annotated[Text, "the same with its file"] = None
    group: Annotated[Text, "what pytest-benchmark lists together"] = None
    params: Annotated[Text, "the parameters as JSON, their names sorted"] = None


class Computed(msgspec.Struct):
    """What is computed of a case. Every field is a column."""

    seconds: Annotated[Number, "median over the rounds, of one iteration", "s"] = None
    seconds_low: Annotated[
        Number, "lower end of its 95% interval; NaN below six rounds", "s"
    ] = None
    seconds_high: Annotated[Number, "its upper end", "s"] = None
    between_low: Annotated[Number, "lower end over the processes; NaN for one", "s"] = None
    between_high: Annotated[Number, "its upper end", "s"] = None
    between_confidence: Annotated[Number, "with which that interval holds"] = None
    process_seconds: Annotated[Floats, "median of each process, as a list", "s"] = None
    process_fifth_percentiles: Annotated[
        Floats, "fifth percentile of each process, as a list, or empty", "s"
    ] = None
    process_yardsticks: Annotated[
        Floats, "what a fixed piece of work took in each, or empty", "s"
    ] = None
    process_layouts: Annotated[
        Floats, "the layout of memory that each was given, as a list, or empty"
    ] = None
    process_cpus: Annotated[
        Floats, "the one CPU that each was given with it, as a list, or empty"
    ] = None
    rounds: Annotated[Whole, "rounds of all processes"] = None
    warm_up_settled: Annotated[Truth, "the warm-up had settled in every process"] = None


class RunRow(msgspec.Struct):
    """A run. Every field is a column of the table of runs."""

    run: Annotated[Text, "stem of its file, with folders where others have that name"] = None
    path: Annotated[Text, "the file, as it was named"] = None
    taken: Annotated[datetime | None, "when it was finished, if that is told", "UTC"] = None
    commit: Annotated[Text, "of git; NA outside a checkout"] = None
    dirty: Annotated[Truth, "the checkout had changes that were not committed"] = None
    branch: Annotated[Text, "of git"] = None
    node: Annotated[Text, "the machine's name"] = None
    cpu_model: Annotated[Text, "the processor"] = None
    gpus: Annotated[Text, "the GPUs' names; empty for none, NA if that is not told"] = None
    os: Annotated[Text, "the operating system"] = None
    kernel_release: Annotated[Text, "its kernel"] = None
    python: Annotated[Text, "version"] = None
    numpy: Annotated[Text, "version"] = None
    fingerprint_id: Annotated[Text, "short name of the fingerprint"] = None
    fingerprint: Annotated[Text, "what makes runs comparable, as JSON"] = None
    volatile: Annotated[Text, "what changes by the minute, as JSON"] = None
    command: Annotated[Text, "as JSON"] = None
    n_cases: Annotated[Whole, "measured"] = None
    n_skipped: Annotated[Whole, "cases that were skipped"] = None
    n_failed: Annotated[Whole, "cases that failed"] = None
    n_incidents: Annotated[Whole, "crashes, hangs, errors and wants of memory"] = None
    pytest_benchmark_version: Annotated[Text, "that wrote the file"] = None


# The columns of loaded runs.


class Kind(Enum):
    """What a column holds; the value is its dtype in pandas.

    None of them needs pyarrow, which pandas would import wherever it is installed. A missing
    value is NaN in ``FLOAT``, NaT in ``TIME``, and ``pandas.NA`` in the others; ``FLOATS``
    has none.
    """

    TEXT = "string"
    INTEGER = "Int64"
    FLOAT = "float64"
    BOOLEAN = "boolean"
    TIME = "datetime64[us, UTC]"
    FLOATS = "object"


KINDS = {
    str: Kind.TEXT,
    int: Kind.INTEGER,
    float: Kind.FLOAT,
    bool: Kind.BOOLEAN,
    datetime: Kind.TIME,
    list: Kind.FLOATS,
}


class Source(Enum):
    """Where in a run file a column comes from."""

    COMPUTED = "several places"
    STATS = "benchmarks[].stats"
    EXTRA_INFO = "benchmarks[].extra_info"
    MEMORY = "benchmarks[].extra_info.memory"


@dataclass(frozen=True)
class Column:
    """A field of a record, and the column that it becomes.

    Attributes
    ----------
    key : str
        Its name in the file.
    type : type
        Without None, which any may be.
    unit : str
        Empty for what has none.
    """

    name: str
    key: str
    source: Source
    type: Any
    meaning: str
    unit: str = ""

    @property
    def kind(self) -> Kind:
        """What the column holds; KeyError for a field that is none, such as a record."""
        return KINDS[get_origin(self.type) or self.type]


def fields(
    record: type[msgspec.Struct], source: Source = Source.COMPUTED
) -> tuple[Column, ...]:
    """Return the fields of a record, without those of the record that it extends."""
    found = []
    hints = get_type_hints(record, include_extras=True)
    for field in msgspec.structs.fields(record):
        if field.name in record.__annotations__:
            kind, *words = get_args(hints[field.name])
            (known,) = (one for one in get_args(kind) or (kind,) if one is not type(None))
            found.append(Column(field.name, field.encode_name, source, known, *words))
    return tuple(found)


#: One row a case and run. Files of other suites have what pytest-benchmark writes: the names,
#: ``group``, ``params``, the statistics, and the intervals where the raw rounds are there.
CASES = (
    *fields(Named),
    *fields(Identity, Source.EXTRA_INFO),
    *fields(Computed),
    *fields(Stats, Source.STATS),
    *fields(Result, Source.EXTRA_INFO),
    *fields(Memory, Source.MEMORY),
)
#: One row a run.
RUNS = (*fields(RunRow), *fields(Asked))
#: Given to a run when it is loaded, since they depend on what else is.
GIVEN = ("run", "path")
#: What the table of cases repeats of the run.
REPEATED = ("run", "taken", "commit")
