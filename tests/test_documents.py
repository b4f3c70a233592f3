"""What the documents say is what the program does, and what was measured."""

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
from bench.convergence.step_counts import Statistics
from bench.convergence.tuning import Setting
from bench.plan.matrix import BATCH_SIZES
from bench.report.advice_text import size
from bench.store import tidy
from bench.store.files import read_run
from tests.documents import DOCUMENTS, ROOT, Quoted, printed, quoted

REFERENCE = ROOT / "results" / "reference"
ALL = (*DOCUMENTS, "tests/README.md", "data/README.md", "CHANGELOG.md")
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ALL}
PEERS = REFERENCE / "20261122T190839Z-b5c8249-466d85.json"
ADVICE = TEXTS["bench/README.md"].partition("## Which batch size")[2].partition("\n## ")[0]
#: Kernels whose advised batch size is held against what was measured.
ADVISED = ("nd.autograd", "gluon.hybrid", "nd.fused", "torch.closed_form")


@pytest.fixture
def own_cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep what is counted out of the checkout."""
    folder = tmp_path_factory.getbasetemp() / "counted"
    monkeypatch.setattr(Statistics.__init__, "__defaults__", (folder,))


@pytest.mark.slow
@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("block", quoted(), ids=lambda one: f"{one.document}: {one.command}")
def test_the_quoted_output_is_what_the_command_prints(
    block: Quoted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert printed(block.command, block.lines) == block.text


def test_the_readme_is_for_a_person_with_five_minutes() -> None:
    text = TEXTS["README.md"]
    assert text.count("\n") <= 150
    assert len(text.encode()) <= 10_000
    assert not re.search(
        r"\d{8}T\d{6}Z", re.sub(r"\([^)]*\)|<!--.*?-->|```.*?```", "", text, flags=re.DOTALL)
    )


@pytest.mark.parametrize("name", ALL)
def test_every_linked_file_is_there(name: str) -> None:
    links = [
        link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", TEXTS[name]) if "://" not in link
    ]
    missing = [link for link in links if not (ROOT / name).parent.joinpath(link).exists()]
    assert missing == []


def test_every_reference_run_is_linked_and_every_picture_is_shown() -> None:
    whole = "".join(TEXTS.values())
    for path in (*REFERENCE.glob("*.json"), *REFERENCE.glob("*/*.png")):
        assert f"{path.relative_to(REFERENCE)})" in whole


def test_the_kernels_are_all_named() -> None:
    files = (ROOT / "kernels" / "train").glob("[!_]*.py")
    names = [re.findall(r'name = "([\w.]+)"', file.read_text()) for file in files]
    assert names
    text = TEXTS["kernels/README.md"]
    assert [name for found in names for name in found if f"`{name}`" not in text] == []


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.json")), ids=lambda path: path.stem)
def test_no_rate_of_a_reference_run_is_above_the_machines(path: Path) -> None:
    run = read_run(path)
    assert run["bench"]["status"] == "complete"
    assert run["bench"]["failed"] == []
    assert excesses(tidy.frame(run)) == []


def test_the_fused_epoch_is_near_the_limit_and_before_every_peer() -> None:
    rows = tidy.of_case(tidy.frame(read_run(PEERS)), "epoch")
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


def advised_run() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the run that the advice is from, and the whole answer."""
    (name, *_) = re.findall(r"\(../results/reference/([\w-]+)\.json\)", ADVICE)
    stored = json.loads((REFERENCE / name / "advice.json").read_text(encoding="utf-8"))
    return read_run(REFERENCE / f"{name}.json"), stored


@pytest.mark.slow
@pytest.mark.usefixtures("own_cache")
def test_the_advice_follows_from_the_run() -> None:
    run, answer = advised_run()
    stored = {one["kernel"]: one for one in answer["answers"]}
    found = find(rows_of([run]), 0.01)
    assert {one.subject.kernel for one in found.answers} == {*stored} == {*ADVISED}
    for one in found.answers:
        then = stored[one.subject.kernel]["advice"]
        assert one.advice is not None
        assert one.advice.recommended == then["batch_size"]
        now = one.advice.t_star_seconds.value
        assert now == pytest.approx(then["t_star_seconds"]["value"], rel=0.02)


def test_the_advised_sizes_are_as_good_as_the_best_that_were_measured() -> None:
    for one in advised_run()[1]["answers"]:
        assert one["agrees"] is True, one["kernel"]


@pytest.mark.slow
@pytest.mark.usefixtures("own_cache")
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


def test_the_committed_report_shows_every_case_of_its_run_as_it_was_measured() -> None:
    (place,) = set(re.findall(r"reference/([\w-]+)/report\.html\)", TEXTS["bench/README.md"]))
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
