"""What a run of this suite must hold where every reader looks: the types of its facts.

All may be missing, or null; what is there must be what it is called. Of other suites' files
nothing is expected, so what they hold in these places is left out where it is something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

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
