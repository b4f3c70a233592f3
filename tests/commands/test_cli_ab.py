"""``python -m bench ab``: its verdicts, its files, and what its exit code says."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from bench.commands import app
from bench.commands.exits import Exit
from bench.machine.threads import usable_cores
from bench.run import pairs
from bench.run.pairs import visit
from bench.store import files
from bench.store.files import StoreError
from tests.commands.kernel_files import SPREAD
from tests.run.fake_launcher import CRASH
from tests.run.fake_sides import FakePartner, FakeSides

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

NUMPY = ("--kernels", "numpy.closed_form", "--batch-sizes", "100")


def invoke(folder: Path, *arguments: str) -> Result:
    given = ["ab", *arguments, "--results", str(folder / "ab")]
    return CliRunner().invoke(app.app_of(["ab"]), given)


def listed(*names: str) -> dict[str, Any]:
    """What a side answers that is asked for its cases."""
    tasks = [
        {
            "module": "bench_epoch",
            "id": f"bench_epoch[{name}]",
            "params": {"kernel": name, "device": "cpu(0)"},
            "group": "numpy cpu",
            "environment": {},
        }
        for name in names
    ]
    return {"facts": {"tasks": tasks, "skipped": []}}


class Asked(FakePartner):
    """A process that can also say which cases there are."""

    names: Mapping[int, tuple[str, ...]]

    def ask(self, request: Mapping[str, Any], limit_seconds: float) -> dict[str, Any]:
        if request.get("kind") != "list":
            return super().ask(request, limit_seconds)
        self.sides.partners.remove(self)
        return listed(*self.names[self.sides.listings.pop(0)])  # type: ignore[attr-defined]


@pytest.fixture
def sides(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put sides without processes in the place of processes."""

    def use(
        script: Any, first: tuple[str, ...] = ("k",), second: tuple[str, ...] = ("k",)
    ) -> None:
        fake = FakeSides(script)
        fake.listings = [0, 1]  # type: ignore[attr-defined]

        def launch(setting: Any) -> Asked:
            partner = Asked(fake, setting, None)
            partner.names = {0: first, 1: second}
            fake.partners.append(partner)
            return partner

        class Launcher:
            def __init__(self, *_: Any) -> None:
                self.launch = launch

        monkeypatch.setattr("bench.run.sides.SubprocessLauncher", Launcher)
        monkeypatch.setattr(
            "bench.run.sides.fingerprint_under",
            lambda *_: {"backends": {}, "precision": "float32"},
        )

    return use


def test_nothing_is_slower(tmp_path: Path, sides: Callable[..., None]) -> None:
    sides(lambda *_: 0.01)
    done = invoke(tmp_path)
    assert done.exit_code == Exit.OK, done.output
    assert "No case is slower: 1 same." in done.stdout


def test_a_case_is_slower(tmp_path: Path, sides: Callable[..., None]) -> None:
    sides(lambda partner, *_: 0.01 * (1.05 if partner.number else 1.0))
    done = invoke(tmp_path)
    assert done.exit_code == Exit.FAILED, done.output
    assert "slower, confirmed" in done.stdout


def test_faster_is_no_failure(tmp_path: Path, sides: Callable[..., None]) -> None:
    sides(lambda partner, *_: 0.01 / (1.05 if partner.number else 1.0))
    done = invoke(tmp_path)
    assert done.exit_code == Exit.OK, done.output
    assert "faster, confirmed" in done.stdout


def test_noise_is_unclear(tmp_path: Path, sides: Callable[..., None]) -> None:
    wild = itertools.cycle([1.0, 1.3, 0.8, 1.1, 0.9])
    sides(lambda *_: 0.01 * next(wild))
    assert invoke(tmp_path, "--pairs", "8").exit_code == Exit.UNCLEAR


def test_a_case_that_is_gone_never_passes(tmp_path: Path, sides: Callable[..., None]) -> None:
    sides(lambda *_: 0.01, ("k", "gone"), ("k", "new"))
    done = invoke(tmp_path, "--all")
    assert done.exit_code == Exit.UNCLEAR, done.output
    assert "Side B has no such case" in done.stdout
    assert "bench_epoch[new]" in done.stdout


def test_renamed_cases_are_nothing_comparable(
    tmp_path: Path, sides: Callable[..., None]
) -> None:
    sides(lambda *_: 0.01, ("old",), ("new",))
    assert invoke(tmp_path).exit_code == Exit.NOTHING


def test_cases_that_all_crash_are_nothing_comparable(
    tmp_path: Path, sides: Callable[..., None]
) -> None:
    sides(lambda *_: CRASH)
    done = invoke(tmp_path, "--format", "json")
    assert done.exit_code == Exit.NOTHING, done.output


def test_ctrl_c_keeps_what_was_measured(
    tmp_path: Path, sides: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sides(lambda *_: 0.01)
    visits = itertools.count()

    def interrupted(*arguments: Any) -> Any:
        if next(visits) == 3:
            raise KeyboardInterrupt
        return visit(*arguments)

    monkeypatch.setattr(pairs, "visit", interrupted)
    done = invoke(tmp_path)
    assert done.exit_code == Exit.INTERRUPTED, done.output
    first, second = sorted((tmp_path / "ab").glob("*.json"))
    for path in (first, second):
        written = json.loads(path.read_text())
        assert written["bench"]["status"] == "interrupted"
        assert len(written["benchmarks"][0]["extra_info"]["processes"]) == 3


def test_a_folder_that_can_t_be_written_is_told_before_anything_is_measured(
    tmp_path: Path, sides: Callable[..., None]
) -> None:
    def measured(*_: Any) -> float:
        raise AssertionError

    sides(measured)
    (tmp_path / "ab").write_text("a file")
    done = invoke(tmp_path)
    assert done.exit_code == Exit.USAGE, done.output
    assert "can't be written" in done.output


def test_cases_whose_rounds_could_not_be_saved_are_untrusted(
    tmp_path: Path, sides: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Path:
        raise StoreError("the run can't be written to there: No space left on device.")

    sides(lambda partner, *_: 0.01 * (1.05 if partner.number else 1.0))
    monkeypatch.setattr(files, "write_run", full)
    done = invoke(tmp_path, "--format", "json")
    assert done.exit_code == Exit.UNCLEAR
    told = json.loads(done.stdout)
    assert (told["outcome"], told["exit_code"], told["sources"]) == ("unclear", 3, [])
    (case,) = told["cases"]
    assert (case["verdict"], case["confirmed"]) == ("untrusted", False)
    assert "No file backs it, since the run can't be written to there" in case["reason"]
    assert case["ratio"] == pytest.approx(1.05)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--pairs", "5"), "too few to tell anything"),
        (("--margin", "many"), "--margin"),
        (("--a", "rev=no-such-revision"), "rev=no-such-revision can't be measured"),
        (("--a", "kernel=nd.autograd"), "give kernel=… to both, or to none"),
        (
            ("--a", "device=cpu(0)", "--b", "device=gpu(0)", "--devices", "cpu(0)"),
            "--devices: the sides say it already",
        ),
        (("--cases", "notebook"), "notebook can't be measured in turns"),
        (("--seconds-per-case", "0"), "--seconds-per-case"),
        (("--order-seed", "x"), "--order-seed"),
        (("--format", "xml"), "'xml' is not one of"),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = invoke(tmp_path, *arguments)
    assert done.exit_code == Exit.USAGE, done.output
    assert said in done.output
    assert "Traceback" not in done.output


@pytest.mark.slow
def test_a_kernel_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = invoke(tmp_path, "--kernels", "nothing.at_all")
    assert done.exit_code == Exit.USAGE, done.output
    assert "'nothing.at_all' is no kernel" in done.output


@pytest.mark.slow
def test_real_processes_show_a_slowdown(tmp_path: Path) -> None:
    """So large that no machine hides it, even where a busy one can't be sure of it."""
    done = invoke(
        tmp_path,
        *NUMPY,
        *("--b", "slowdown=50%", "--margin", "5", "--timed", "0.1", "--pairs", "16"),
        *("--format", "json", "--output", str(tmp_path / "verdicts.json")),
    )
    assert done.exit_code in (Exit.FAILED, Exit.UNCLEAR), done.output
    (case,) = json.loads((tmp_path / "verdicts.json").read_text())["cases"]
    assert case["ratio"] > 1.15
    runs = [json.loads(path.read_text()) for path in (tmp_path / "ab").glob("*.json")]
    assert {run["bench"]["ab"]["side"] for run in runs} == {"A", "B"}
    for run in runs:
        (benchmark,) = run["benchmarks"]
        assert benchmark["extra_info"]["verified"]
        assert len(benchmark["extra_info"]["processes"]) == case["n_now"]


@pytest.mark.slow
def test_a_revision_against_the_working_tree(tmp_path: Path) -> None:
    done = invoke(
        tmp_path,
        *NUMPY,
        *("--a", "rev=HEAD", "--margin", "40", "--pairs", "6", "--timed", "0.02"),
    )
    assert done.exit_code in (Exit.OK, Exit.UNCLEAR), done.output
    runs = [json.loads(path.read_text()) for path in (tmp_path / "ab").glob("*.json")]
    (first,) = (run for run in runs if run["bench"]["ab"]["side"] == "A")
    assert first["bench"]["ab"]["label"] == "rev=HEAD"
    assert first["commit_info"]["dirty"] is False


@pytest.mark.slow
@pytest.mark.skipif(usable_cores() < 2, reason="it takes two CPUs")
def test_what_pays_on_several_cpus_is_not_called_the_same_under_both_conditions(
    tmp_path: Path,
) -> None:
    """On one CPU it can't show, and the verdict says under which conditions it holds."""
    kernels = tmp_path / "kernels"
    kernels.mkdir()
    for name in ("Alone", "Spread"):
        (kernels / f"{name.lower()}.py").write_text(SPREAD.replace("{}", name))
    found = {}
    for conditions in ("controlled", "as-is"):
        done = invoke(
            tmp_path,
            *("--kernel-folder", str(kernels), "--conditions", conditions),
            *("--a", "kernel=mine.alone", "--b", "kernel=mine.spread", "--batch-sizes", "1500"),
            *("--devices", "cpu(0)", "--loaders", "inmemory", "--margin", "10"),
            *("--pairs", "12", "--timed", "0.05", "--format", "json"),
        )
        found[conditions] = json.loads(done.stdout)
    ratios = {conditions: told["cases"][0]["ratio"] for conditions, told in found.items()}
    assert ratios["as-is"] < 0.8 < ratios["controlled"]
    assert found["as-is"]["cases"][0]["verdict"] != "same"
    assert "the same one CPU" in found["controlled"]["conditions"]
    assert "What more CPUs would change shows" in found["controlled"]["conditions"]
    assert "any CPU" in found["as-is"]["conditions"]
