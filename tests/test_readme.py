"""The README quotes runs as they were measured, and links only to what is there."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.advise.reading import counted, find, rows_of
from bench.advise.roofline import excesses
from bench.advise.statistical_cost import StatisticalFit
from bench.convergence.tuning import Setting
from bench.plan.matrix import BATCH_SIZES
from bench.report import terminal
from bench.report.advice_text import size
from bench.report.markdown.run_comment import ladders
from bench.store import tidy
from bench.store.files import read_run

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = ROOT / "results" / "reference"


def linked_run(text: str) -> dict[str, Any]:
    """Return the first run that a piece of the README links to."""
    (name, *_) = re.findall(r"\(results/reference/([\w-]+\.json)\)", text)
    return read_run(REFERENCE / name)


#: Kernels whose advised batch size is held against what was measured.
ADVISED = ("nd.autograd", "gluon.hybrid", "nd.fused", "torch.closed_form")
OPENING, _, REST = README.partition("## The ladder")


def quoted() -> list[str]:
    """Return the lines of the quoted output that come from the run file."""
    (block,) = re.findall(r"```text\n(The ladder.*?)```", OPENING, flags=re.DOTALL)
    return [line for line in block.split("run file:")[0].splitlines() if line != "[…]"]


def test_every_quoted_number_stands_in_the_reference_run() -> None:
    run = linked_run(OPENING)
    printed = terminal.render(run, width=80, colour=False).splitlines()
    missing = [line for line in quoted() if line not in printed]
    assert not missing
    assert sum("ms" in line for line in quoted()) >= 12


def test_every_quoted_line_on_how_sure_the_numbers_are_stands_in_its_run() -> None:
    section = README.partition("## How sure the numbers are")[2].partition("\n## ")[0]
    run = linked_run(section)
    printed = terminal.render(run, width=110, colour=False).splitlines()
    (block,) = re.findall(r"```text\n(.*?)```", section, flags=re.DOTALL)
    lines = [line for line in block.splitlines() if line != "[…]"]
    assert [line for line in lines if line not in printed] == []
    assert len(lines) > 20
    took = run["bench"]["took_seconds"] / run["bench"]["announced_seconds"]
    assert abs(took - 1) <= 0.2


ADVICE = README.partition("## Which batch size")[2].partition("\n## ")[0]


def advice_of(suffix: str) -> str:
    (name, *_) = re.findall(r"\(results/reference/([\w-]+)\.json\)", ADVICE)
    text: str = (REFERENCE / name / f"advice.{suffix}").read_text(encoding="utf-8")
    return text


def test_every_quoted_line_of_the_advice_stands_in_the_whole_answer() -> None:
    answered = advice_of("txt").splitlines()
    (block,) = re.findall(r"```text\n(.*?)```", ADVICE, flags=re.DOTALL)
    lines = [line for line in block.splitlines() if line != "[…]"]
    assert [line for line in lines if line not in answered] == []
    assert len(lines) > 30


@pytest.mark.slow
def test_the_advice_follows_from_the_run() -> None:
    stored = {one["kernel"]: one for one in json.loads(advice_of("json"))["answers"]}
    found = find(rows_of([linked_run(ADVICE)]), 0.01)
    assert {one.subject.kernel for one in found.answers} == {*stored} == {*ADVISED}
    for one in found.answers:
        then = stored[one.subject.kernel]["advice"]
        assert one.advice is not None
        assert one.advice.recommended == then["batch_size"]
        now = one.advice.t_star_seconds.value
        assert now == pytest.approx(then["t_star_seconds"]["value"], rel=0.02)


def test_the_advised_sizes_are_as_good_as_the_best_that_were_measured() -> None:
    for one in json.loads(advice_of("json"))["answers"]:
        assert one["agrees"] is True, one["kernel"]


@pytest.mark.slow
def test_the_theory_that_is_quoted_is_what_theory_says() -> None:
    found = counted("airfoil", Setting(sampling="with-replacement"), BATCH_SIZES)
    said = []
    for fit in (found.expected, found.fit):
        assert isinstance(fit, StatisticalFit)
        low, high = size(fit.b_noise.low), size(fit.b_noise.high)
        said.append(
            f"{size(fit.s_min.value)} and {size(fit.b_noise.value)} samples ({low} to {high})"
        )
    theory, trainings = said
    prose = " ".join(ADVICE.split())
    assert f"Here that gives {theory}; the trainings give {trainings}." in prose


def test_the_ladder_is_that_of_the_run_beside_it() -> None:
    table = ladders(linked_run(REST))["airfoil, cpu(0)"]
    assert table in README


def test_every_reference_run_is_linked_and_every_picture_is_shown() -> None:
    for path in (*REFERENCE.glob("*.json"), *REFERENCE.glob("*/*.png")):
        assert f"({path.relative_to(ROOT)})" in README


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.json")), ids=lambda path: path.stem)
def test_no_rate_of_a_reference_run_is_above_the_machines(path: Path) -> None:
    run = read_run(path)
    assert run["bench"]["status"] == "complete"
    assert run["bench"]["failed"] == []
    assert excesses(tidy.frame(run)) == []


def test_the_fused_epoch_is_near_the_limit_and_before_every_peer() -> None:
    rows = tidy.of_case(tidy.frame(linked_run(REST)), "epoch")
    rows = rows[(rows["workload"] == "airfoil") & (rows["device"] == "cpu(0)")]
    foot = rows[(rows["kernel"] == "nd.autograd") & (rows["loader"] == "dataloader")]
    memory = rows[rows["loader"] == "inmemory"]
    seconds = memory.pivot_table(index="kernel", columns="batch_size", values="seconds")
    fused = seconds.loc["nd.fused"]
    at_one = foot.set_index("batch_size")["seconds"][1]
    assert at_one / fused[1] >= 5000
    assert fused[1] <= 2 * seconds.loc["limit"][1]
    peers = [name for name in seconds.index if name.startswith(("torch.", "jax.", "numpy."))]
    assert len(peers) >= 10
    assert (seconds.loc[peers] > fused).all(axis=None)


def test_the_committed_report_shows_every_case_of_its_run_as_it_was_measured() -> None:
    (place,) = re.findall(r"\(results/reference/([\w-]+)/report\.html\)", README)
    run = read_run(REFERENCE / f"{place}.json")
    page = (REFERENCE / place / "report.html").read_text(encoding="utf-8")
    table = page.partition('id="cases-table"')[2].partition("</table>")[0]
    shown = {}
    for row in table.split("<tr>")[2:]:
        numbers = re.findall(r'data-sort="([^"]*)"', row)
        name = html.unescape(re.findall(r"<td>([^<]*)</td>", row)[-1])
        shown[name] = [float(number) for number in numbers]
    measured = tidy.frame(run)
    assert list(shown) == list(measured["name"])
    for name, seconds in zip(measured["name"], measured["seconds"], strict=True):
        assert seconds in shown[name]


def test_every_linked_file_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", README)
    assert links
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert not missing


def test_the_kernels_are_all_named() -> None:
    files = (ROOT / "kernels" / "train").glob("[!_]*.py")
    names = [re.findall(r'name = "([\w.]+)"', file.read_text()) for file in files]
    assert names
    assert [name for found in names for name in found if f"`{name}`" not in README] == []
