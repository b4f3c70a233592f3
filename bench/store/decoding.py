"""Reads from the bytes of a run file what the columns are made of, and little else."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

import msgspec

from bench.store import schema
from bench.store.schema import CASES, Kind, Source

# Takes a value of a run file for what a column holds; anything else is missing.
#
# A file of another suite may hold anything under a name that this suite uses, so no value is
# trusted to be of the type that its name promises.


#: Larger whole numbers than this are missing: 64 bits hold it, and one less on either side.
LARGEST = 2**63 - 2

_json = msgspec.json.Encoder(order="sorted")


def text(value: Any) -> str | None:
    """Return a text; None for anything else."""
    return value if type(value) is str else None


def number(value: Any) -> float | None:
    """Return a finite number; None for anything else, ``True`` too."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if type(value) is int:
        return float(value) if -LARGEST <= value <= LARGEST else None
    return None


def integer(value: Any) -> int | None:
    """Return a whole number of 64 bits; None for anything else."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and -LARGEST <= value <= LARGEST else None


def boolean(value: Any) -> bool | None:
    """Return true or false; None for anything else."""
    return value if type(value) is bool else None


#: By what a column holds.
READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: text,
    Kind.INTEGER: integer,
    Kind.FLOAT: number,
    Kind.BOOLEAN: boolean,
}


def interval(value: Any) -> tuple[float, float] | None:
    """Return the two ends of an interval; None for anything else."""
    if type(value) is not list or len(value) != 2:
        return None
    low, high = number(value[0]), number(value[1])
    return None if low is None or high is None else (low, high)


def as_json(value: Any) -> str | None:
    """Return a value as JSON, names sorted; None for None."""
    return None if value is None else _json.encode(value).decode()


def record(value: Any) -> dict[str, Any]:
    """Return an object's fields; none for anything else."""
    return value if type(value) is dict else {}


def moment(value: Any) -> datetime | None:
    """Return a time; None for anything else.

    Parameters
    ----------
    value : object
        As ISO 8601; without an offset, in UTC, which is what old versions of pytest-benchmark
        write.

    Returns
    -------
    datetime or None
        In UTC, without a time zone.
    """
    if type(value) is not str:
        return None
    try:
        time = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return time.astimezone(timezone.utc).replace(tzinfo=None) if time.tzinfo else time
    except (ValueError, OverflowError):
        return None


# Reads from the bytes of a run file what the columns are made of, and little else.
#
# A run file is mostly raw rounds and telemetry, which no column needs. msgspec steps over what
# the records below do not name, at some gigabytes a second, and keeps ``stats.data`` as the
# bytes that it is: they are read where a file has no interval of its own.


#: Anything but an object: what a file may hold where a record is expected.
NoRecord = None | bool | int | float | str | list[Any]
#: Anything but an array.
NoList = None | bool | int | float | str | dict[str, Any]


class DamageError(Exception):
    """A file that is no run; the message says why, in one sentence."""


class WarmUp(msgspec.Struct, gc=False):
    """Of a case's warm-up."""

    settled: Any = None


class Process(msgspec.Struct, gc=False):
    """What a case has of one process."""

    layout: Any = None
    cpus: Any = None
    median: Any = None
    fifth_percentile: Any = None
    yardstick_seconds: Any = None
    rounds: Any = None
    warm_up: WarmUp | NoRecord = None


def _columns(source: Source) -> list[tuple[str, Any, None]]:
    """Return the fields that columns are made of, which may hold anything."""
    return [(one.key, Any, None) for one in CASES if one.source is source]


_Stats: Any = msgspec.defstruct("_Stats", _columns(Source.STATS))
_ExtraInfo: Any = msgspec.defstruct("_ExtraInfo", _columns(Source.EXTRA_INFO))


class Stats(_Stats, gc=False):  # type: ignore[misc,call-arg] # its fields are told by the columns
    """Of the rounds."""

    median: Any = None
    rounds: Any = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class ExtraInfo(_ExtraInfo, gc=False):  # type: ignore[misc,call-arg]
    """What this suite adds to a benchmark; others may hold anything under these names."""

    interval: Any = None
    between_interval: Any = None
    between_confidence: Any = None
    memory: Any = None
    warm_up: WarmUp | NoRecord = None
    processes: list[Process | NoRecord] | NoList = None


class Benchmark(msgspec.Struct, gc=False):
    """One benchmark. A file of pytest-benchmark has the one that has no default."""

    name: str
    told: Stats | NoRecord = msgspec.field(default=None, name="stats")
    fullname: Any = None
    group: Any = None
    params: Any = None
    extra_info: ExtraInfo | NoRecord = None

    @property
    def stats(self) -> Stats:
        """Its times; empty where there are none."""
        return self.told if isinstance(self.told, Stats) else Stats()


class Counted(msgspec.Struct, gc=False):
    """Something of which only the number is asked."""


class Bench(msgspec.Struct, gc=False):
    """What this suite says of a run."""

    format: Any = None
    preset: Any = None
    status: Any = None
    processes: Any = None
    command: Any = None
    took_seconds: Any = None
    skipped: list[Counted | NoRecord] | NoList = None
    failed: list[Counted | NoRecord] | NoList = None
    incidents: list[Counted | NoRecord] | NoList = None


class Document(msgspec.Struct, gc=False):
    """A run file; ``left_out`` are the places of benchmarks that have no times."""

    benchmarks: list[Benchmark]
    left_out: Any = None
    machine_info: Any = None
    commit_info: Any = None
    datetime: Any = None
    version: Any = None
    bench: Bench | NoRecord = None


#: Old versions of msgspec do not derive their errors from ValueError.
REFUSALS = (msgspec.MsgspecError, ValueError, RecursionError)
_DOCUMENTS = msgspec.json.Decoder(Document)
_NUMBERS = msgspec.json.Decoder(list[float])


def decode(content: bytes) -> Document:
    """Read a run file.

    Of another suite's file benchmarks without times are left out, and count as failed.

    Parameters
    ----------
    content : bytes

    Raises
    ------
    DamageError
        When it is no JSON, or lacks what every file of pytest-benchmark has.
    """
    if not content.strip():
        raise DamageError("it is empty.")
    try:
        document = _decoded(content)
    except msgspec.ValidationError as error:
        raise DamageError(_sentence(*_told(error))) from error
    except REFUSALS as error:
        raise DamageError(f"it is not valid JSON ({error}).") from error
    benchmarks, bench = document.benchmarks, document.bench
    timed = [
        number(one.stats.median) is not None or rounds_of(one.stats) is not None
        for one in benchmarks
    ]
    document.left_out = [place for place, one in enumerate(timed) if not one]
    if document.left_out:
        own = isinstance(bench, Bench) and bench.format is not None
        if own or not any(timed):
            where = f"benchmarks[{document.left_out[0]}].stats"
            raise DamageError(_sentence("holds neither a median nor rounds", where))
        document.benchmarks = [benchmarks[place] for place, one in enumerate(timed) if one]
        document.bench = Bench(failed=[Counted()] * len(document.left_out))
    return document


def _decoded(content: bytes) -> Document:
    """Decode a document; where that fails, ask Python's reader, which takes more."""
    try:
        return _DOCUMENTS.decode(content)
    except REFUSALS:
        return _DOCUMENTS.decode(_as_strict_json(content))


def json_of(content: bytes) -> Any:
    """Read JSON, with None for numbers that are not finite or have more than 64 bits.

    Half a surrogate pair, which no output can hold, becomes a question mark. Raises one of
    `REFUSALS`.
    """
    if _LONG.search(content) is None:
        with suppress(*REFUSALS):
            return msgspec.json.decode(content)
    return msgspec.json.decode(_as_strict_json(content))


#: Digits of a whole number that may have more than 64 bits.
_LONG = re.compile(rb"(?<![0-9.])[0-9]{19}")


def _as_strict_json(content: bytes) -> bytes:
    """Write as JSON what Python's reader takes too: NaN, infinity, a byte-order mark."""
    document = json.loads(
        content, parse_constant=lambda _: None, parse_float=_finite, parse_int=_whole
    )
    return json.dumps(document, ensure_ascii=False).encode(errors="replace")


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _whole(text: str) -> int | None:
    # Python refuses to read thousands of digits, msgspec those beyond 64 bits in places.
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        return None
    return int(text)


def _told(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return what an error says is wrong, and where."""
    what, _, where = str(error).partition(" - at `$")
    return what[0].lower() + what[1:], where.strip("`").lstrip(".")


def _sentence(what: str, where: str) -> str:
    """Say what is wrong and where: ``benchmarks[3].stats: expected …``."""
    return f"it is no file of pytest-benchmark: {f'{where}: ' if where else ''}{what}."


def rounds_of(stats: Stats) -> list[float] | None:
    """Return the seconds of every round.

    Returns
    -------
    list of float, or None
        None where the file has none, as without ``--benchmark-save-data``, or where they are
        no numbers.
    """
    try:
        return _NUMBERS.decode(stats.data) or None
    except REFUSALS:
        return None


#: Why a benchmark of another suite is left out.
NO_TIMES = "it has neither a median nor rounds"

# What of a run file is sound: of this suite's all, of other suites' what is what it is called.


def is_own(document: Mapping[str, Any]) -> bool:
    """Say whether a file is of this suite: such a one tells the format of what it adds."""
    added = document.get("bench")
    return isinstance(added, dict) and "format" in added


def sound(document: dict[str, Any], left_out: Collection[int] = ()) -> dict[str, Any]:
    """Return a run past which nothing is unexpected.

    Of another suite's file is left out what is not what readers take it for.

    Parameters
    ----------
    document : dict
        That was read from JSON, with named benchmarks that have a median or rounds.
    left_out : collection of int
        Places of benchmarks that have neither; these are told as failed.

    Raises
    ------
    DamageError
        When a run of this suite holds anything else than it should: a sentence that names the
        place.
    """
    if not is_own(document):
        return _sound_part(document, left_out)
    try:
        msgspec.convert(document, schema.OwnRun)
    except msgspec.ValidationError as error:
        raise DamageError(f"{error}.") from error
    for place, benchmark in enumerate(document["benchmarks"]):
        lacking = _lacking(benchmark.get("extra_info") or {})
        if lacking:
            raise DamageError(f"benchmarks[{place}].extra_info has no {lacking}.")
    return document


def _lacking(facts: Mapping[str, Any]) -> str:
    """Name what a case lacks that its kind must have."""
    needed = schema.NEEDED.get(facts.get("case") or "", ())
    return ", ".join(name for name in needed if facts.get(name) is None)


def _sound_part(document: dict[str, Any], left_out: Collection[int]) -> dict[str, Any]:
    kept = _without(document, schema.OwnRun, ("benchmarks", "machine_info"))
    machine = kept.pop("machine_info", None)
    if isinstance(machine, dict):
        kept["machine_info"] = _without(machine, schema.MachineInfo)
    listed = document["benchmarks"]
    kept["benchmarks"] = [
        _benchmark(one) for place, one in enumerate(listed) if place not in left_out
    ]
    if left_out:
        names = (str(listed[one].get("fullname") or listed[one]["name"]) for one in left_out)
        failed = [{"id": name, "params": {}, "reason": NO_TIMES} for name in names]
        kept["bench"] = {"failed": failed}
    return kept


def _benchmark(benchmark: dict[str, Any]) -> dict[str, Any]:
    kept = _without(benchmark, schema.Benchmark, ("name", "stats", "extra_info"))
    facts = kept.pop("extra_info", None)
    if isinstance(facts, dict):
        facts = _without(facts, schema.ExtraInfo)
        if _lacking(facts):
            del facts["case"]
        kept["extra_info"] = facts
    kept["stats"] = _without(benchmark["stats"], schema.AllStats, ("median",))
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
