"""What a run file must hold, and the columns that it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Union

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


# What a run of this suite must hold where every reader looks: the types of its facts.
#
# All may be missing, or null; what is there must be what it is called. Of other suites' files
# nothing is expected, so what they hold in these places is left out where it is something
# else.


#: Facts of ``extra_info`` by type.
_TYPES: dict[Any, str] = {
    str: "workload kernel backend operator device loader case control engine precision sampling"
    " schedule saves stopped printed protocol",
    float: "seconds_per_epoch samples_per_second enqueued_seconds device_seconds flops"
    " bytes_moved moved_bytes_per_second flops_per_second useful_bytes_per_second"
    " bytes_minimum loss loss_initial loss_optimum learning_rate momentum density tolerance"
    " target_loss half_width target_half_width between_half_width between_confidence"
    " overhead_share phases_total phases_differ seconds_per_step seconds_per_update"
    " seconds_per_run seconds_to_target expected_steps_to_target steps_to_target",
    int: "batch_size n_samples n_features n_parameters n_tensors n_bytes n_updated epochs seed"
    " seeds missed_seeds disturbed_rounds",
    bool: "untrusted verified",
    list[Union[float, None]]: "loss_by_epoch loss_by_training loss_every_100_samples"  # noqa: UP007 - read by 3.10
    " seconds_every_100_samples enqueued_data device_data",
    tuple[float, float]: "interval between_interval steps_interval",
    dict[str, list[int]]: "marks",
    dict[str, Any]: "gate memory overhead telemetry published warm_up",
    dict[str, Union[float, None]]: "phases",  # noqa: UP007
    list[dict[str, Any]]: "processes",
}
Facts: Any = msgspec.defstruct(
    "Facts",
    [
        (name, Union[kind, None], None)  # noqa: UP007
        for kind, names in _TYPES.items()
        for name in names.split()
    ],
)


class Fingerprint(msgspec.Struct):
    """Of ``machine_info``: what is shown of it, one by one."""

    cpu_model: str | None = None
    cores_physical: int | None = None
    memory_bytes: int | None = None
    python: str | None = None
    gpu_reason: str | None = None
    gpus: list[dict[str, Any]] | None = None
    backends: dict[str, dict[str, Any]] | None = None
    threads: dict[str, Any] | None = None


class MachineInfo(msgspec.Struct):
    """``machine_info``."""

    cpu: dict[str, Any] | None = None
    fingerprint: Fingerprint | None = None
    fingerprint_id: str | None = None
    volatile: dict[str, Any] | None = None


class Unmeasured(msgspec.Struct):
    """A case that was skipped, failed or lost."""

    params: dict[str, Any] | None = None


class Added(msgspec.Struct):
    """``bench``."""

    preset: str | None = None
    status: str | None = None
    command: list[str] | None = None
    processes: int | None = None
    protocol: dict[str, Any] | None = None
    setting: dict[str, Any] | None = None
    took_seconds: float | None = None
    skipped: list[Unmeasured] | None = None
    failed: list[Unmeasured] | None = None
    incidents: list[Unmeasured] | None = None


class Commit(msgspec.Struct):
    """``commit_info``."""

    id: str | None = None
    dirty: bool | None = None


class Stats(msgspec.Struct):
    """``benchmarks[].stats``."""

    median: float | None = None
    rounds: int | None = None
    data: list[float] | None = None


class Benchmark(msgspec.Struct):
    """``benchmarks[]``."""

    name: str
    stats: Stats
    extra_info: Facts | None = None
    params: dict[str, Any] | None = None


class OwnRun(msgspec.Struct):
    """A run file of this suite."""

    benchmarks: list[Benchmark]
    machine_info: MachineInfo | None = None
    commit_info: Commit | None = None
    datetime: str | None = None
    bench: Added | None = None


def is_own(document: Mapping[str, Any]) -> bool:
    """Say whether a file is of this suite: such a one tells the format of what it adds."""
    added = document.get("bench")
    return isinstance(added, dict) and "format" in added


def why_unsound(document: Mapping[str, Any]) -> str | None:
    """Say what is wrong with a run of this suite.

    Parameters
    ----------
    document : mapping
        That was read from JSON.

    Returns
    -------
    str or None
        A sentence that names the place; None where all is as it should be.
    """
    try:
        msgspec.convert(document, OwnRun)
    except msgspec.ValidationError as error:
        return f"{error}."
    return None


def sound(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out of another suite's file what is not what readers take it for.

    Parameters
    ----------
    document : dict
        That was read from JSON, with named benchmarks that have a median or rounds.

    Returns
    -------
    dict
        The same, but for what is left out.
    """
    kept = _without(document, OwnRun, ("benchmarks", "machine_info"))
    machine = kept.pop("machine_info", None)
    if isinstance(machine, dict):
        kept["machine_info"] = _without(machine, MachineInfo)
    kept["benchmarks"] = [_benchmark(one) for one in document["benchmarks"]]
    return kept


def _benchmark(benchmark: dict[str, Any]) -> dict[str, Any]:
    kept = _without(benchmark, Benchmark, ("name", "stats", "extra_info"))
    facts = kept.pop("extra_info", None)
    if isinstance(facts, dict):
        kept["extra_info"] = _without(facts, Facts)
    kept["stats"] = _without(benchmark["stats"], Stats, ("median",))
    return kept


def _without(
    record: Mapping[str, Any], kind: Any, untouched: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Drop the fields of a record that are not of their type."""
    types = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    return {
        name: value
        for name, value in record.items()
        if name in untouched or name not in types or _is(value, types[name])
    }


def _is(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


# The columns of loaded runs: what each is called, holds and means.


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


class Source(Enum):
    """Where in a run file a column comes from."""

    COMPUTED = "several places"
    BENCHMARK = "benchmarks[]"
    STATS = "benchmarks[].stats"
    EXTRA_INFO = "benchmarks[].extra_info"
    MEMORY = "benchmarks[].extra_info.memory"


@dataclass(frozen=True)
class Column:
    """A column of loaded runs.

    Attributes
    ----------
    name : str
    kind : Kind
    meaning : str
    unit : str
        Empty for what has none.
    source : Source
    field : str
        Its name there; empty where that is ``name``.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    source: Source = Source.COMPUTED
    field: str = ""

    @property
    def key(self) -> str:
        """Its name in the run file."""
        return self.field or self.name


def _text(name: str, meaning: str, source: Source = Source.EXTRA_INFO) -> Column:
    return Column(name, Kind.TEXT, meaning, source=source)


def _integer(
    name: str, meaning: str, unit: str = "", source: Source = Source.EXTRA_INFO
) -> Column:
    return Column(name, Kind.INTEGER, meaning, unit, source)


def _float(
    name: str,
    meaning: str,
    unit: str = "",
    source: Source = Source.EXTRA_INFO,
    field: str = "",
) -> Column:
    return Column(name, Kind.FLOAT, meaning, unit, source, field)


def _boolean(name: str, meaning: str, source: Source = Source.EXTRA_INFO) -> Column:
    return Column(name, Kind.BOOLEAN, meaning, source=source)


_COMPUTED, _STATS, _MEMORY = Source.COMPUTED, Source.STATS, Source.MEMORY

#: One row a case and run. Files of other suites have what pytest-benchmark writes: the names,
#: ``group``, ``params``, the statistics, and the intervals where the raw rounds are there.
CASES = (
    _text("run", "the run, as in the table of runs", _COMPUTED),
    Column("taken", Kind.TIME, "when the run was finished", "UTC"),
    _text("name", "the benchmark, with its parameters", Source.BENCHMARK),
    _text("fullname", "the same with its file", Source.BENCHMARK),
    _text("group", "what pytest-benchmark lists together", Source.BENCHMARK),
    _text("params", "the parameters as JSON, their names sorted", _COMPUTED),
    _text("case", "`epoch`, `step`, `update`, `loader`, `engine`, `machine`, `notebook` or "
          "`target`"),
    _text("workload", "the data trained on"),
    _text("kernel", "the training or update kernel"),
    _text("backend", "the library that it runs on"),
    _text("operator", "the library's operators that update the weights"),
    _text("device", "as in `cpu(0)`, `gpu(0)`"),
    _text("loader", "what makes the batches"),
    _integer("batch_size", "samples in a batch", "samples"),
    _integer("n_samples", "samples in an epoch", "samples"),
    _integer("n_features", "features of a sample"),
    _integer("n_parameters", "parameters of an update"),
    _integer("n_tensors", "tensors that they are in"),
    _integer("n_bytes", "size of a control", "bytes"),
    _text("control", "what a control measures of the machine"),
    _text("engine", "MXNet's engine"),
    _text("precision", "of an update: `float32` and so on"),
    _float("density", "share of the parameters that an update changes"),
    _text("sampling", "how samples are drawn"),
    _text("schedule", "how the learning rate goes down"),
    _integer("seed", "of the starting weights and the order of the samples"),
    _float("momentum", "of the update rule"),
    _float("learning_rate", "of the training"),
    _integer("epochs", "epochs of a training"),
    _float("seconds", "median over the rounds, of one iteration", "s", _COMPUTED),
    _float("seconds_low", "lower end of the 95% interval for that median, from the rounds of "
           "all processes; NaN below six rounds and where the file has no raw rounds", "s",
           _COMPUTED),
    _float("seconds_high", "its upper end", "s", _COMPUTED),
    _float("between_low", "lower end of the interval for the median of what processes give; "
           "NaN for a single process", "s", _COMPUTED),
    _float("between_high", "its upper end", "s", _COMPUTED),
    _float("between_confidence", "with which that interval holds"),
    Column("process_seconds", Kind.FLOATS, "median of each process, as a list; of a single "
           "process its one", "s"),
    Column("process_fifth_percentiles", Kind.FLOATS, "fifth percentile of the rounds of each "
           "process, as a list; empty for a single process and where the file has no raw "
           "rounds", "s"),
    Column("process_yardsticks", Kind.FLOATS, "what the yardstick, a fixed piece of work, took "
           "beside the rounds of each process, as a list; empty where it was not timed", "s"),
    _integer("rounds", "rounds of all processes", source=_COMPUTED),
    _integer("iterations", "iterations in a round", source=_STATS),
    _float("mean", "of the rounds", "s", _STATS),
    _float("stddev", "of the rounds", "s", _STATS),
    _float("minimum", "of the rounds", "s", _STATS, "min"),
    _float("maximum", "of the rounds", "s", _STATS, "max"),
    _float("q1", "first quartile of the rounds", "s", _STATS),
    _float("q3", "third quartile of the rounds", "s", _STATS),
    _float("seconds_per_epoch", "median seconds of an epoch", "s"),
    _float("samples_per_second", "samples of an epoch over its seconds", "1/s"),
    _float("enqueued_seconds", "median until the Python calls had returned", "s"),
    _float("device_seconds", "median by the device's own events", "s"),
    _float("flops", "floating-point operations of a round, as declared"),
    _float("bytes_moved", "bytes that a round moves, as declared", "bytes"),
    _float("loss", "where the training ended"),
    _float("loss_initial", "where it began"),
    _float("loss_optimum", "the least that any weights have"),
    _float("tolerance", "of a training to the target: how far above the optimum it ends, as a "
           "share"),
    _float("target_loss", "the loss that such a training ends at"),
    _float("steps_to_target", "steps until then"),
    _float("expected_steps_to_target", "the same between two steps, over all seeds"),
    _float("seconds_to_target", "seconds until then", "s"),
    _integer("disturbed_rounds", "rounds that something else disturbed"),
    _boolean("untrusted", "more than half of the rounds were disturbed"),
    _float("half_width", "half of the interval from the rounds, as a share of the median"),
    _float("target_half_width", "what that was to be at most"),
    _text("stopped", "why there are no more rounds: `precise`, `budget`, `rounds` or "
          "`protocol`"),
    _boolean("warm_up_settled", "the times had settled before the first round, in every "
             "process", _COMPUTED),
    _float("overhead_share", "what the harness adds, as a share of the median"),
    _boolean("verified", "the training passed its check against the reference"),
    _integer("host_case_bytes", "host memory at its peak, above that of the process before",
             "bytes", _MEMORY),
    _boolean("host_peak_is_exact", "false: that is only an upper bound", _MEMORY),
    _integer("allocator_peak_bytes", "peak of the library's allocator", "bytes", _MEMORY),
    _integer("device_footprint_bytes", "what the device's memory held more", "bytes", _MEMORY),
)  # fmt: skip

#: One row a run.
RUNS = (
    _text("run", "stem of its file; with the folders that tell it apart from others of that "
          "name", _COMPUTED),
    _text("path", "the file, as it was named", _COMPUTED),
    Column("taken", Kind.TIME, "when it was finished; NaT where the file does not say",
           "UTC"),
    _text("commit", "of git; NA outside a checkout", _COMPUTED),
    _boolean("dirty", "the checkout had changes that were not committed", _COMPUTED),
    _text("branch", "of git", _COMPUTED),
    _text("node", "the machine's name", _COMPUTED),
    _text("cpu_model", "the processor", _COMPUTED),
    _text("gpus", "the GPUs' names, joined by commas; empty for none, NA where the file does "
          "not say", _COMPUTED),
    _text("os", "the operating system", _COMPUTED),
    _text("kernel_release", "its kernel", _COMPUTED),
    _text("python", "version", _COMPUTED),
    _text("numpy", "version", _COMPUTED),
    _text("fingerprint_id", "short name of the fingerprint; NA in files of other suites",
          _COMPUTED),
    _text("fingerprint", "what makes two runs comparable, as JSON; of other suites' files what "
          "`machine_info` tells of the same facts, under the same names", _COMPUTED),
    _text("volatile", "what changes by the minute, as JSON", _COMPUTED),
    _text("preset", "that it was measured with", _COMPUTED),
    _text("status", "`complete` or `interrupted`", _COMPUTED),
    _integer("processes", "that each case was asked to be measured in; NA where that was one "
             "for all", source=_COMPUTED),
    _text("command", "as JSON", _COMPUTED),
    _float("took_seconds", "of the whole run", "s", _COMPUTED),
    _integer("n_cases", "measured", source=_COMPUTED),
    _integer("n_skipped", "cases that were skipped", source=_COMPUTED),
    _integer("n_failed", "cases that failed", source=_COMPUTED),
    _integer("n_incidents", "crashes, hangs, errors and wants of memory", source=_COMPUTED),
    _text("pytest_benchmark_version", "that wrote the file", _COMPUTED),
)  # fmt: skip
#: Given to a run when it is loaded, since they depend on what else is.
GIVEN = ("run", "path")
