"""The tables of ``results/README.md``, from the schema.

``python -m tests.store.documented`` writes them into it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args, get_origin

import msgspec

from bench.store import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

README = Path(__file__).resolve().parents[2] / "results" / "README.md"
TABLE = re.compile(r"<!-- table: (\w+) -->\n.*?<!-- end -->", re.DOTALL)
#: Where in a run file each record is.
RECORDS = (
    (schema.ExtraInfo, "benchmarks[].extra_info"),
    (schema.MemoryFacts, "… .memory"),
    (schema.WarmUp, "… .warm_up"),
    (schema.Gate, "… .gate"),
    (schema.Overhead, "… .overhead"),
    (schema.Published, "… .published"),
    (schema.Process, "… .processes[]"),
    (schema.AllStats, "benchmarks[].stats"),
    (schema.Asked, "bench"),
    (schema.Added, "bench"),
    (schema.Unmeasured, "bench.skipped[], .failed[], .incidents[]"),
    (schema.MachineInfo, "machine_info"),
    (schema.Fingerprint, "machine_info.fingerprint"),
    (schema.Commit, "commit_info"),
)
WORDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    dict: "object",
}


def type_words(kind: object) -> str:
    """Say what a field of the file holds."""
    origin = get_origin(kind)
    if origin is list:
        (inner, *_) = get_args(kind)
        return f"list of {type_words(inner)}s"
    if origin is tuple:
        return "two numbers"
    if get_args(kind) and origin is not dict:
        return type_words(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return "object"
    return WORDS[dict if origin is dict else kind]  # type: ignore[index]


def of_records() -> list[str]:
    """Return the table of what is in the file alone."""
    rows = ["| where | field | holds | unit | meaning |", "| --- | --- | --- | --- | --- |"]
    for record, place in RECORDS:
        for number, field in enumerate(schema.fields(record)):
            where = "" if number else f"`{place}`"
            told = (where, f"`{field.key}`", type_words(field.type), field.unit, field.meaning)
            rows.append(f"| {' | '.join(told)} |")
    return rows


def of_columns(columns: Sequence[schema.Column]) -> list[str]:
    """Return the table of some columns."""
    rows = ["| column | dtype | unit | meaning |", "| --- | --- | --- | --- |"]
    for column in columns:
        told = (f"`{column.name}`", column.kind.value, column.unit, column.meaning)
        rows.append(f"| {' | '.join(told)} |")
    return rows


def documented(text: str) -> str:
    """Return the README with its tables as they are to be."""
    tables = {
        "file": of_records(),
        "cases": of_columns(schema.CASES),
        "runs": of_columns(schema.RUNS),
    }
    return TABLE.sub(
        lambda found: "\n".join(
            [f"<!-- table: {found[1]} -->", *tables[found[1]], "<!-- end -->"]
        ),
        text,
    )


if __name__ == "__main__":
    README.write_text(documented(README.read_text(encoding="utf-8")), encoding="utf-8")
