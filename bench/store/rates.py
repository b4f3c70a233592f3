"""How often rules are wrong on this machine, as ``bench selftest`` has stored it.

A file of ``results/selftest`` is ``{"format": 2, "measured": UTC, "fingerprint_id": …,
"node": …, "rates": [{"rule": "ab", "unit": "comparisons", "false_slower": [count, of],
"same": [count, of], "found": {"0.05": [count, of]}}]}``; what else it holds is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.stats.verdict import COMPARISONS, Judgement, Rates, Share

FOLDER = Path("results") / "selftest"


#: Of the rules too: rates of format 1 were of another margin, and of another ``ab``.
FORMAT = 2


@dataclass(frozen=True)
class Machine:
    """What tells one machine from another.

    Attributes
    ----------
    node : str or None
        Its name.
    """

    fingerprint_id: str | None
    node: str | None


@dataclass(frozen=True)
class Measured:
    """A file of measured rates.

    Attributes
    ----------
    measured : str
        When, UTC.
    rates : dict of str to Rates
        By rule.
    """

    machine: Machine
    measured: str
    rates: dict[str, Rates]


def with_rates(judgement: Judgement, machine: Machine, folder: Path = FOLDER) -> Judgement:
    """Add to a judgement how often its rule is wrong on the machine.

    Parameters
    ----------
    judgement : Judgement
        Its kind is the rule.
    machine : Machine
        That it was measured on.

    Returns
    -------
    Judgement
        With the newest rates of the same fingerprint; else with the newest of the machine of
        that name, and a warning that says so; else, or where none can be read, as it was.
    """
    found = [one for one in _stored(folder) if judgement.kind in one.rates]
    found.sort(key=lambda one: one.measured, reverse=True)
    for one in found:
        if machine.fingerprint_id and one.machine.fingerprint_id == machine.fingerprint_id:
            return replace(judgement, rates=one.rates[judgement.kind])
    for one in found:
        if machine.node and one.machine.node == machine.node:
            rates = one.rates[judgement.kind]
            said = (
                f"The error rates were measured on {machine.node} with another fingerprint "
                f"({one.machine.fingerprint_id}): measure them again with python -m bench "
                f"selftest."
            )
            return replace(judgement, rates=rates, warnings=(*judgement.warnings, said))
    return judgement


def to_json(rates: Rates) -> dict[str, Any]:
    """Return what a file holds of one rule."""
    return {
        "rule": rates.rule,
        "unit": rates.unit,
        "false_slower": [rates.false_slower.count, rates.false_slower.of],
        "same": [rates.same.count, rates.same.of],
        "found": {str(slowdown): [one.count, one.of] for slowdown, one in rates.found},
    }


def from_json(one: Mapping[str, Any], measured: str, path: Path) -> Rates:
    """Read what a file holds of one rule.

    Parameters
    ----------
    measured : str
        When, UTC.
    path : Path
        Of the file.

    Returns
    -------
    Rates
        Injected slowdowns in ascending order.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is not as `to_json` writes it.
    """
    found = {float(slowdown): _share(share) for slowdown, share in one["found"].items()}
    return Rates(
        rule=str(one["rule"]),
        measured=measured,
        path=str(path),
        false_slower=_share(one["false_slower"]),
        same=_share(one["same"]),
        found=tuple(sorted(found.items())),
        unit=str(one.get("unit", COMPARISONS)),
    )


def _share(value: Any) -> Share:
    count, of = map(int, value)
    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of} is no share")
    return Share(count, of)


def _stored(folder: Path) -> Iterator[Measured]:
    """Read what there is; a file that is none of these is passed over."""
    for path in sorted(folder.glob("*.json")):
        try:
            document = json.loads(path.read_bytes())
            if document["format"] != FORMAT:
                continue
            measured = str(document["measured"])
            rates = [from_json(one, measured, path) for one in document["rates"]]
            machine = Machine(document.get("fingerprint_id"), document.get("node"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        yield Measured(machine, measured, {one.rule: one for one in rates})
