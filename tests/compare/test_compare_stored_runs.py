from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.compare.reading import compare, stored_run
from bench.stats.verdict import CaseVerdict, Margins, Outcome, Verdict
from bench.store.files import StoreError
from tests.compare.made_up_stored import (
    FINGERPRINT,
    control,
    epoch,
    foreign,
    name_of,
    run,
    times,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

    from bench.stats.verdict import Judgement


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judged(folder: Path, before: Any, now: Any, **asked: Any) -> Judgement:
    a, b = written(folder / "a.json", before), written(folder / "b.json", now)
    return compare(stored_run(a), stored_run(b), asked.pop("margins", Margins()), **asked)


def by_name(found: Judgement) -> dict[str, CaseVerdict]:
    return {one.name: one for one in found.cases}


def warned(found: Judgement) -> str:
    return "\n".join(found.warnings)


def test_what_is_slower_has_its_numbers(folder: Path) -> None:
    before = run([epoch("nd.a"), epoch("nd.b")])
    now = run([epoch("nd.a", times(1.05)), epoch("nd.b")], 2, commit="0123456789")
    found = judged(folder, before, now)
    slower = by_name(found)[name_of("nd.a")]
    assert slower.verdict is Verdict.SLOWER
    assert slower.confirmed
    assert slower.ratio == pytest.approx(1.05)
    assert slower.low is not None
    assert slower.high is not None
    assert 1.04 < slower.low < 1.05 < slower.high < 1.06
    assert (slower.n_before, slower.n_now, slower.margin) == (5, 5, 0.015)
    assert by_name(found)[name_of("nd.b")].verdict is Verdict.SAME
    assert found.outcome is Outcome.SLOWER
    assert (found.before, found.now) == ("a", "b")
    assert found.sources == (str(folder / "a.json"), str(folder / "b.json"))
    assert "python -m bench ab measures both in turn" in found.warnings[-1]


def test_margins_are_by_case(folder: Path) -> None:
    both = [epoch("nd.a", times(1.04)), epoch("nd.b", times(1.04))]
    margins = Margins(0.015, (("bench_epoch[*nd.a*", 0.1),))
    found = judged(folder, run([epoch("nd.a"), epoch("nd.b")]), run(both), margins=margins)
    assert [one.verdict for one in found.cases] == [Verdict.SAME, Verdict.SLOWER]
    assert [one.margin for one in found.cases] == [0.1, 0.015]


def test_a_case_that_is_missing_now_is_told_with_the_reason_of_its_file(folder: Path) -> None:
    names = ["nd.a", "nd.b", "nd.c", "nd.d"]
    skipped = [{"id": name_of("nd.b"), "params": {}, "reason": "missing: no driver."}]
    failed = [{"id": name_of("nd.c"), "params": {}, "reason": "nd.c is wrong."}]
    now = run([epoch("nd.a")], skipped=skipped, failed=failed)
    found = judged(folder, run(map(epoch, names)), now)
    assert [(one.verdict, one.reason) for one in found.cases[1:]] == [
        (Verdict.NOT_COMPARABLE, "It is missing now (skipped: missing: no driver)."),
        (Verdict.NOT_COMPARABLE, "It is missing now (failed: nd.c is wrong)."),
        (Verdict.NOT_COMPARABLE, "It is missing now."),
    ]
    assert found.outcome is Outcome.UNCLEAR


def test_a_case_that_is_new_is_listed_and_decides_nothing(folder: Path) -> None:
    found = judged(folder, run([epoch("nd.a")]), run([epoch("nd.a"), epoch("nd.new")]))
    assert found.added == (name_of("nd.new"),)
    assert found.outcome is Outcome.NONE_SLOWER


def test_renamed_and_empty_sets_compare_nothing(folder: Path) -> None:
    old, new, none = run([epoch("nd.old")]), run([epoch("nd.new")]), run([])
    for before, now in ((old, new), (old, none), (none, new), (none, none)):
        assert judged(folder, before, now).outcome is Outcome.NOTHING


def test_another_version_forbids_only_the_cases_that_depend_on_it(folder: Path) -> None:
    backends = {**FINGERPRINT["backends"], "torch": {"torch": "2.7.0"}}
    other = {**FINGERPRINT, "backends": backends}
    cases = [epoch("nd.a"), epoch("torch.a", times(1.0))]
    slower = [epoch("nd.a", times(1.05)), epoch("torch.a", times(1.05))]
    found = by_name(judged(folder, run(cases), run(slower, fingerprint=other)))
    assert found[name_of("nd.a")].verdict is Verdict.SLOWER
    refused = found[name_of("torch.a")]
    assert refused.verdict is Verdict.NOT_COMPARABLE
    assert refused.fact == "backends.torch.torch"
    assert "backends.torch.torch: 2.6.0 and 2.7.0" in refused.reason
    assert refused.ratio is None


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("cpu_model", "Another"),
        ("python", "3.12.1"),
        ("precision", "tf32"),
        ("new_fact", "x"),
        ("threads", {"settings": {"OMP_NUM_THREADS": "7"}, "pools": {}}),
    ],
)
def test_another_machine_version_precision_or_setting_forbids_every_case(
    folder: Path, fact: str, value: object
) -> None:
    before = {**FINGERPRINT, "new_fact": "y"}
    cases = [epoch("nd.a"), epoch("torch.a")]
    now = run(cases, fingerprint={**before, fact: value})
    found = judged(folder, run(cases, fingerprint=before), now)
    assert {one.verdict for one in found.cases} == {Verdict.NOT_COMPARABLE}
    assert all(fact in one.fact for one in found.cases)
    assert found.outcome is Outcome.NOTHING
    assert not found.forced


def test_where_tf32_is_allowed_cases_on_a_gpu_are_others(folder: Path) -> None:
    def taken(*, allowed: bool) -> dict[str, Any]:
        on_gpu: dict[str, Any] = {"device": "gpu(0)"}
        if allowed:
            on_gpu["precision"] = "tf32"
        gpu = {"index": 0, "name": "A GPU", "tf32": allowed}
        cases = [epoch("nd.cpu"), epoch("nd.gpu", **on_gpu)]
        return run(cases, fingerprint={**FINGERPRINT, "gpus": [gpu]})

    alike = judged(folder, taken(allowed=True), taken(allowed=True))
    assert {one.verdict for one in alike.cases} == {Verdict.SAME}
    found = by_name(judged(folder, taken(allowed=False), taken(allowed=True)))
    assert found[name_of("nd.cpu")].verdict is Verdict.SAME
    refused = found[name_of("nd.gpu")]
    assert refused.verdict is Verdict.NOT_COMPARABLE
    assert "precision: float32 before, tf32 now" in refused.reason
    # A case that tells nothing of its products, such as a control.
    before, now = taken(allowed=False), taken(allowed=True)
    del now["benchmarks"][1]["extra_info"]["precision"]
    refused = by_name(judged(folder, before, now))[name_of("nd.gpu")]
    assert refused.verdict is Verdict.NOT_COMPARABLE
    assert refused.fact == "gpus.0.tf32"


def test_another_commit_or_preset_is_what_one_compares(folder: Path) -> None:
    cases = [epoch("nd.a")]
    now = run(cases, commit="fedcba9876543210", preset="full")
    assert judged(folder, run(cases, preset="quick"), now).outcome is Outcome.NONE_SLOWER


def test_other_work_under_the_same_name_is_not_compared(folder: Path) -> None:
    before = run([epoch("nd.a"), epoch("nd.b")])
    now = run([epoch("nd.a", n_samples=3000), epoch("nd.b")])
    found = by_name(judged(folder, before, now))
    refused = found[name_of("nd.a")]
    assert refused.verdict is Verdict.NOT_COMPARABLE
    assert refused.fact == "n_samples"
    assert refused.reason == "It did other work (n_samples: 1500 before, 3000 now)."
    assert found[name_of("nd.b")].verdict is Verdict.SAME


def test_force_compares_all_the_same_and_says_so_of_each_case(folder: Path) -> None:
    other = {**FINGERPRINT, "cpu_model": "Another"}
    before = run([epoch("nd.a"), epoch("nd.b")])
    now = run([epoch("nd.a", times(1.1)), epoch("nd.b", n_samples=9)], fingerprint=other)
    found = judged(folder, before, now, force=True)
    assert found.forced
    assert [one.verdict for one in found.cases] == [Verdict.SLOWER, Verdict.SAME]
    assert "Forced: The runs differ in what it depends on (cpu_model" in found.cases[0].reason
    assert "Forced: It did other work (n_samples" in found.cases[1].reason
    assert [one.fact for one in found.cases] == ["cpu_model", "n_samples"]


def test_force_marks_nothing_where_nothing_was_overruled(folder: Path) -> None:
    found = judged(folder, run([epoch("nd.a")]), run([epoch("nd.a")]), force=True)
    assert not found.forced
    assert "Forced" not in found.cases[0].reason


def test_force_can_not_compare_what_is_not_there(folder: Path) -> None:
    found = judged(folder, run([epoch("nd.a")]), run([epoch("nd.b")]), force=True)
    assert found.outcome is Outcome.NOTHING


def test_disturbed_cases_are_untrusted_and_none_of_the_many(folder: Path) -> None:
    before = run([epoch("nd.a"), epoch("nd.b")])
    now = run([epoch("nd.a", times(1.5), untrusted=True), epoch("nd.b")])
    found = judged(folder, before, now)
    one = found.cases[0]
    assert one.verdict is Verdict.UNTRUSTED
    assert one.ratio == pytest.approx(1.5)
    assert one.reason.startswith("Most of its rounds now were disturbed")
    assert found.outcome is Outcome.UNCLEAR
    back = judged(folder, now, before)
    assert back.cases[0].reason.startswith("Most of its rounds before were disturbed")


def test_of_untrusted_cases_none_is_one_of_the_many(folder: Path) -> None:
    disturbed = [epoch("nd.b", batch_size=size, untrusted=True) for size in range(11, 211)]
    hair = epoch("nd.a", times(1.018))
    found = judged(folder, run([epoch("nd.a"), *disturbed]), run([hair, *disturbed]))
    assert found.cases[0].verdict is Verdict.SLOWER
    trusted = [
        {**one, "extra_info": {**one["extra_info"], "untrusted": False}} for one in disturbed
    ]
    found = judged(folder, run([epoch("nd.a"), *trusted]), run([hair, *trusted]))
    assert found.cases[0].verdict is Verdict.UNCLEAR
    assert "as one of 201 cases" in found.cases[0].reason


def test_no_claim_is_made_of_an_interrupted_run(folder: Path) -> None:
    both = [epoch("nd.a"), epoch("nd.b")]
    now = run([epoch("nd.a", times(1.5))], status="interrupted")
    found = judged(folder, run(both), now)
    assert [one.verdict for one in found.cases] == [Verdict.UNTRUSTED, Verdict.NOT_COMPARABLE]
    assert "b was interrupted" in found.cases[0].reason
    assert found.cases[1].reason == "It is missing now (the run was interrupted before it)."


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ((1.0,), (9.0,), "Each side holds one process"),
        (times(1), (9.0,), "The run now holds one process"),
        ((1.0,), times(9), "The run before holds one process"),
    ],
)
def test_one_process_tells_nothing_but_what_to_do(
    folder: Path, before: tuple[float, ...], now: tuple[float, ...], said: str
) -> None:
    found = judged(folder, run([epoch("nd.a", before)]), run([epoch("nd.a", now)]))
    assert found.cases[0].verdict is Verdict.UNCLEAR
    assert said in found.cases[0].reason
    assert "--processes 5, or use python -m bench ab" in found.cases[0].reason
    assert (found.cases[0].n_before, found.cases[0].n_now) == (len(before), len(now))


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [
        (2.1, Verdict.SLOWER),
        (1.9, Verdict.UNCLEAR),
        (0.002, Verdict.FASTER),
    ],
)
def test_single_processes_far_apart_are_told_and_never_confirmed(
    folder: Path, factor: float, verdict: Verdict
) -> None:
    def one(seconds: float, width: float = 0.1) -> dict[str, Any]:
        quartiles = {"q1": seconds * (1 - width), "q3": seconds * (1 + width)}
        benchmark = foreign("test_sum", seconds)
        return {"benchmarks": [{**benchmark, "stats": {**benchmark["stats"], **quartiles}}]}

    (found,) = judged(folder, one(1.0), one(factor)).cases
    assert (found.verdict, found.confirmed) == (verdict, False)
    if verdict is not Verdict.UNCLEAR:
        assert "that one process can't confirm" in found.reason
    (wide,) = judged(folder, one(1.0, 0.9), one(factor, 600.0)).cases
    assert wide.verdict is Verdict.UNCLEAR


def test_a_benchmark_without_statistics_is_missing_with_its_reason(folder: Path) -> None:
    both = {"benchmarks": [foreign("test_sum", 1.0), foreign("test_sub", 1.0)]}
    without = {"benchmarks": [{"name": "test_sum", "fullname": "t.py::test_sum"}]}
    found = judged(
        folder, both, {"benchmarks": [*without["benchmarks"], both["benchmarks"][1]]}
    )
    assert "neither a median nor rounds" in by_name(found)["t.py::test_sum"].reason


@pytest.mark.parametrize(("n_processes", "asked"), [(2, 10), (5, 10), (12, 24)])
def test_an_interval_that_is_too_wide_asks_for_more_processes(
    folder: Path, n_processes: int, asked: int
) -> None:
    wide = [1.0, 1.5] * (n_processes // 2) + [1.25] * (n_processes % 2)
    found = judged(folder, run([epoch("nd.a", wide)]), run([epoch("nd.a", wide)]))
    assert found.cases[0].verdict is Verdict.UNCLEAR
    assert f"--processes {asked}, or use" in found.cases[0].reason


def test_other_suites_files_are_known_by_their_full_names(folder: Path) -> None:
    machine = {"machine_info": {"node": "n"}, "datetime": "2026-11-01T12:00:00"}
    before = {**machine, "benchmarks": [foreign("test_sum", 1.0)]}
    now = {**machine, "benchmarks": [foreign("test_sum", 2.0)]}
    found = judged(folder, before, now)
    assert [one.name for one in found.cases] == ["t.py::test_sum"]
    assert found.cases[0].verdict is Verdict.UNCLEAR
    assert "bench run" not in found.cases[0].reason


def test_a_name_that_stands_twice_is_not_compared(folder: Path) -> None:
    twice = run([epoch("nd.a"), epoch("nd.a"), epoch("nd.b")])
    found = by_name(judged(folder, twice, run([epoch("nd.a"), epoch("nd.b")])))
    assert found[name_of("nd.a")].verdict is Verdict.NOT_COMPARABLE
    assert "more than once" in found[name_of("nd.a")].reason
    assert found[name_of("nd.b")].verdict is Verdict.SAME


def test_controls_that_changed_warn_of_the_machine(folder: Path) -> None:
    sizes = [4096, 8192, 16384]
    before = run([epoch("nd.a"), *(control("triad", size) for size in sizes)])
    now = run([epoch("nd.a"), *(control("triad", size, times(1.1)) for size in sizes)])
    found = judged(folder, before, now)
    assert "The machine has changed: 3 of 3 cases that run none of the code" in warned(found)
    assert "of 3 controls of triad the middle one takes 1.1 times as long" in warned(found)
    quiet = judged(folder, before, before)
    assert "The machine" not in warned(quiet)


def test_without_controls_it_says_that_nothing_tells_machine_from_code(folder: Path) -> None:
    both = run([epoch("nd.a")])
    assert "share no control" in warned(judged(folder, both, both))
    with_control = run([epoch("nd.a"), control("triad", 4096)])
    assert "share no control" not in warned(judged(folder, with_control, with_control))


def test_machines_of_other_names_are_warned_about_and_compared(folder: Path) -> None:
    both = [epoch("nd.a")]
    found = judged(folder, run(both, node="one"), run(both, node="two"))
    assert "different names (one and two)" in warned(found)
    assert found.outcome is Outcome.NONE_SLOWER


def test_a_run_against_itself_is_never_slower(folder: Path) -> None:
    path = written(folder / "a.json", run([epoch("nd.a"), epoch("nd.b", (1.0, 1.4, 0.9))]))
    found = compare(stored_run(path), stored_run(path), Margins())
    assert [one.verdict for one in found.cases] == [Verdict.SAME, Verdict.UNCLEAR]
    assert "same file" in warned(found)


def test_a_folder_stands_for_its_newest_run(folder: Path) -> None:
    runs = folder / "runs"
    written(runs / "20261102T000000Z-nogit-000000.json", run([epoch("nd.new")], 2))
    written(runs / "20261101T000000Z-nogit-ffffff.json", run([epoch("nd.old")], 1))
    assert stored_run(runs).name == "20261102T000000Z-nogit-000000"


def test_what_can_not_be_read_is_refused_with_a_sentence(folder: Path) -> None:
    damaged = folder / "damaged.json"
    damaged.write_text("{")
    for path, said in (
        (damaged, "is damaged"),
        (folder / "missing.json", "can't be read"),
        (written(folder / "other.json", {"a": 1}), "is no run file"),
        (written(folder / "empty.json", {"benchmarks": []}), "holds no benchmark"),
    ):
        with pytest.raises(StoreError, match=said):
            stored_run(path)


def controlled(medians: tuple[float, ...], numbers: tuple[int, ...], told: str) -> Any:
    """Return a run of one case, under conditions."""
    case = epoch("nd.a", medians)
    for number, process in zip(numbers, case["extra_info"]["processes"], strict=True):
        process |= {"cpus": [0], "layout": number}
    return run([case], fingerprint={**FINGERPRINT, "conditions": told})


def test_processes_in_one_layout_are_compared_with_one_another(folder: Path) -> None:
    before = controlled((1.0, 1.1, 0.95, 1.05, 1.02), (0, 1, 2, 3, 4), "controlled")
    # In another order, and one is missing.
    now = controlled((0.99, 1.04, 1.145, 1.061), (2, 0, 1, 4), "controlled")
    (case,) = judged(folder, before, now).cases
    assert case.verdict is Verdict.SLOWER
    assert (case.n_before, case.n_now) == (4, 4)
    assert case.ratio == pytest.approx(1.0407, abs=1e-3)


def test_runs_under_other_conditions_are_not_compared(folder: Path) -> None:
    numbers = (0, 1, 2, 3, 4)
    before = controlled(times(1.0), numbers, "controlled")
    for now in (
        controlled(times(1.0), numbers, "controlled, 2 CPUs each"),
        run([epoch("nd.a")]),
    ):
        (case,) = judged(folder, before, now).cases
        assert case.verdict is Verdict.NOT_COMPARABLE
        assert case.fact == "conditions"
