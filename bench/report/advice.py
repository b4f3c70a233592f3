"""Prints the answers of ``python -m bench advise``, and writes them as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.advise.answer import Counted, Found, KernelAnswer
from bench.advise.proportionality import CostFit
from bench.advise.statistical_cost import StatisticalFit
from bench.advise.time_to_target import Advice
from bench.report import advice_text, numbers
from bench.report.grid import headed, heading, print_whole
from bench.stats.fits import RefusalError

# Prints many answers of ``python -m bench advise`` at once: a line for each.


def overview(console: Console, group: Sequence[KernelAnswer], device: str) -> None:
    """Print a line for each kernel of a device, the fastest first.

    Parameters
    ----------
    group : sequence of KernelAnswer
        Of any devices; those without advice are left out.
    """
    right = ("advised", "within 5%", "time", "measured best", "n_half", "samples/s", "misfit")
    table = headed((device,), right)
    advised = [one for one in group if one.advice is not None and one.subject.device == device]
    for one in sorted(advised, key=lambda one: one.advice.t_star_seconds.value):  # type: ignore[union-attr]
        advice, cost = one.advice, one.cost
        assert advice is not None  # noqa: S101
        assert cost is not None  # noqa: S101
        assert cost.n_half is not None  # noqa: S101
        assert cost.r_inf is not None  # noqa: S101
        table.add_row(
            Text(one.subject.kernel),
            f"{advice.recommended}",
            " to ".join(advice_text.size(end.value) for end in advice.within),
            numbers.seconds(advice.t_star_seconds.value),
            advice_text.measured_best(one),
            advice_text.size(cost.n_half.value),
            numbers.rate(cost.r_inf.value),
            f"{cost.rms_residual:.0%}" + (" !" if cost.misses_noise else ""),
        )
    if advised:
        console.print()
        print_whole(console, table)


def others(console: Console, found: Found) -> None:
    """Print what other schedules and samplings do to the time to the target."""
    right = ("S_min", "B_noise", "advised", "time", "to the first")
    table = headed(("kernel", "schedule", "replacement"), right)
    first = {one.subject: one for one in found.answers}
    listed = [
        (found.counted[one.subject.workload, conditions], one)
        for one, conditions in zip(found.answers, found.conditions, strict=True)
        if (one.subject.workload, conditions) in found.counted
    ]
    everything = sorted(
        (*listed, *found.others),
        key=lambda pair: (pair[1].subject.workload, pair[1].subject.device),
    )
    several = len({(one.subject.workload, one.subject.device) for _, one in everything}) > 1
    for known, one in everything:
        table.add_row(*_other(known, one, first[one.subject], several=several))
    heading(console, "Other schedules and samplings")
    print_whole(console, table)
    refused = {
        f"{known.conditions.schedule}, {known.conditions.sampling.replace('-', ' ')}: "
        f"{one.refusal}."
        for known, one in everything
        if one.refusal is not None
    }
    for reason in sorted(refused):
        console.print(reason, markup=False, highlight=False)


def _other(
    known: Counted, one: KernelAnswer, first: KernelAnswer, *, several: bool
) -> list[str | Text]:
    """Make one line of it."""
    conditions, fit = known.conditions, advice_text.fit_of(known)
    where = f", {one.subject.workload}, {one.subject.device}" if several else ""
    cells: list[str | Text] = [
        Text(one.subject.kernel + where),
        Text(conditions.schedule),
        conditions.sampling.removesuffix("-replacement"),
    ]
    known_costs = () if fit is None else (fit.s_min, fit.b_noise)
    cells += [advice_text.size(cost.value) for cost in known_costs] or ["–", "–"]
    if one.advice is None:
        return [*cells, "refused", "–", "–"]
    seconds = one.advice.t_star_seconds.value
    ratio = "–"
    if first.advice is not None:
        ratio = numbers.times(seconds / first.advice.t_star_seconds.value)
    return [*cells, f"{one.advice.recommended}", numbers.seconds(seconds), ratio]


# Prints the answer of ``python -m bench advise``.


#: With more kernels there is a line for each, and no table by batch size.
IN_FULL = 4


def render(found: Found, console: Console, *, details: bool = False) -> None:
    """Print the answers.

    Parameters
    ----------
    details : bool
        Whether the models' numbers are printed too.
    """
    pairs = list(zip(found.answers, found.conditions, strict=True))
    for workload, conditions in dict.fromkeys(
        (one.subject.workload, conditions) for one, conditions in pairs
    ):
        group = [
            one for one, its in pairs if (one.subject.workload, its) == (workload, conditions)
        ]
        known = found.counted.get((workload, conditions))
        _target(console, workload, known)
        fit = advice_text.fit_of(known)
        if len(group) > IN_FULL:
            for device in dict.fromkeys(one.subject.device for one in group):
                overview(console, group, device)
            _say(console, "!: the cost model misses the times by more than noise explains.")
            for one in group:
                if one.refusal is not None:
                    _say(console, advice_text.sentences(one, fit)[0])
        else:
            for one in group:
                _in_full(console, one, fit, details=details)
            _whole_steps(console, group)
        if known is not None:
            _counted_steps(console, known, details=details)
    if found.others:
        others(console, found)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)


def _target(console: Console, workload: str, known: Counted | None) -> None:
    """Say what is to be reached, and how."""
    if known is None:
        heading(console, workload)
        return
    heading(
        console,
        f"{workload}: until the loss is {numbers.loss(known.target_loss)}, "
        f"{100 * known.conditions.tolerance:g}% above the optimum "
        f"({advice_text.conditions(known.conditions)})",
    )


def _in_full(
    console: Console, one: KernelAnswer, fit: StatisticalFit | None, *, details: bool
) -> None:
    """Print sentences and a table for one kernel."""
    heading(console, f"{one.subject.kernel} on {one.subject.device}")
    _say(console, " ".join(advice_text.sentences(one, fit)))
    for doubt in advice_text.doubts(one, fit):
        _say(console, doubt)
    if one.advice is None:
        return
    console.print()
    print_whole(console, _by_size(one))
    if details:
        _say(console, advice_text.model(one))
        if one.linear is not None:
            _say(console, advice_text.claim(one.linear, one.subject.n_samples))


def _by_size(one: KernelAnswer) -> Table:
    """Make the table by batch size."""
    right = ("B", "rate", "steps", "samples", "epoch", "predicted", "measured")
    table = headed((), right)
    table.add_column("", no_wrap=True)
    assert one.advice is not None  # noqa: S101 - there is no table without
    for _, row in one.table.iterrows():
        sizes = {"advised": one.advice.recommended, "best measured": one.measured_best}
        table.add_row(
            f"{row['batch_size']:.0f}",
            f"{row['learning_rate']:.3g}",
            _steps(row["steps"]),
            _steps(row["samples"]),
            numbers.seconds(row["epoch_seconds"]),
            _between(row, "seconds", "low", "high"),
            _between(row, "measured_seconds", "measured_low", "measured_high"),
            ", ".join(mark for mark, size in sizes.items() if row["batch_size"] == size),
        )
    return table


def _whole_steps(console: Console, group: Sequence[KernelAnswer]) -> None:
    """Say why a measured time may be above the predicted one, where both are shown."""
    if any(one.advice is not None and one.measured_best is not None for one in group):
        console.print()
        _say(
            console,
            "A training takes whole steps, so where there are few the measured time is up to "
            "one step longer.",
        )


def _steps(value: float) -> str:
    if not math.isfinite(value):
        return "miss"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _between(row: pd.Series, value: str, low: str, high: str) -> str:
    """Write a time with half its interval in percent."""
    seconds = float(row[value])
    if not math.isfinite(seconds):
        return "–"
    half = (float(row[high]) - float(row[low])) / 2 / seconds
    return numbers.seconds(seconds) + (f" ±{half:.0%}" if math.isfinite(half) else "")


def _counted_steps(console: Console, known: Counted, *, details: bool) -> None:
    """Print what the workload itself says, whatever the kernel."""
    if isinstance(known.fit, RefusalError):
        heading(console, f"Steps to the target: no model. {known.fit}.")
    else:
        heading(console, advice_text.statistics_line(known.fit))
    _say(console, advice_text.noise_scale_line(known.noise_scale))
    if known.expected is not None and not isinstance(known.expected, RefusalError):
        _say(
            console,
            "By theory, without any training: "
            f"S_min {advice_text.interval(known.expected.s_min)}, "
            f"B_noise {advice_text.interval(known.expected.b_noise)}.",
        )
    if details and not isinstance(known.fit, RefusalError):
        _say(console, f"The steps against their model: {advice_text.residuals(known.fit)}.")
    missed = known.table[known.table["missed_seeds"] > 0]
    if len(missed) and details:
        listed = ", ".join(
            f"{row.missed_seeds} of {row.seeds} at {row.batch_size}"
            for row in missed.itertuples()
        )
        _say(console, f"Seeds that were not there after four times the steps: {listed}.")


# The numbers of ``python -m bench advise`` as JSON.


#: How good a fit is.
QUALITY = ("batch_sizes", "residuals", "rms_residual", "times_noise", "misses_noise")


def document(found: Found) -> dict[str, Any]:
    """Make a document of the answers.

    Returns
    -------
    dict
        JSON-ready, None for what is not known or not finite. ``answers``: for each workload,
        device and kernel ``advice`` or ``refusal``, ``cost``, ``linear``, ``by_batch_size``;
        ``workloads``: for each workload and its conditions the steps, their model, what theory
        says, and the gradient noise scale; ``other_axes``: answers under other schedules
        and samplings.
    """
    whole = {
        "answers": [
            {**_answer(one), "conditions": conditions}
            for one, conditions in zip(found.answers, found.conditions, strict=True)
        ],
        "workloads": [_counted(known) for known in found.counted.values()],
        "other_axes": [
            {**_answer(one), "conditions": known.conditions} for known, one in found.others
        ],
    }
    plain: dict[str, Any] = numbers.in_json(whole)
    return plain


def _answer(one: KernelAnswer) -> dict[str, Any]:
    return {
        **asdict(one.subject),
        "advice": one.advice and _advice(one.advice),
        "refusal": one.refusal,
        "cost": one.cost and _cost(one.cost),
        "linear": one.linear,
        "measured_best": one.measured_best,
        "agrees": one.agrees,
        "by_batch_size": one.table.astype(object).to_dict("records"),
    }


def _advice(advice: Advice) -> dict[str, Any]:
    return {
        "batch_size": advice.recommended,
        **_named(advice, ("b_star", "t_star_seconds")),
        "within_5_percent": advice.within,
        **_named(advice, ("at_end", "extrapolated")),
    }


def _named(found: object, names: Sequence[str]) -> dict[str, Any]:
    """Return attributes that are called the same in the document."""
    return {name: getattr(found, name) for name in names}


def _cost(cost: CostFit) -> dict[str, Any]:
    return {
        "model": cost.model,
        "aicc": cost.aicc,
        "a_seconds": cost.a,
        "b_seconds_per_sample": cost.b,
        **_named(cost, ("r_inf", "n_half", "host_seconds", "plateau_until", *QUALITY)),
    }


def _counted(known: Counted) -> dict[str, Any]:
    return {
        **_named(known, ("workload", "conditions", "target_loss", "loss_optimum")),
        "steps": known.table.astype(object).to_dict("records"),
        "model": _statistical(known.fit),
        "theory": _statistical(known.expected),
        "gradient_noise_scale": known.noise_scale,
    }


def _statistical(fit: StatisticalFit | RefusalError | None) -> dict[str, Any] | None:
    if fit is None:
        return None
    if isinstance(fit, RefusalError):
        return {"refusal": str(fit)}
    return _named(fit, ("s_min", "e_min", "b_noise", "misses", *QUALITY))
