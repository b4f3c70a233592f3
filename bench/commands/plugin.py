"""The pytest plugin: which hook calls what. ``pyproject.toml`` loads it."""

from __future__ import annotations

import gc
import io
import re
import signal
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from pytest_benchmark.session import PerformanceRegression

from bench.cases.contract import Record
from bench.commands import beside, pytest_options
from bench.commands.output import finish, output
from bench.commands.session import (
    DOCUMENT,
    PROBLEM,
    RUN_FILE,
    Suite,
    Unmeasured,
    document_of,
    summarise,
)
from bench.machine import fingerprint as machine
from bench.machine import health
from bench.measure.gate import GateError
from bench.measure.measurement import record
from bench.measure.protocol import DivergedError
from bench.measure.rounds import WatchedError, unwatched
from bench.measure.target import MissedError
from bench.plan import values
from bench.plan.catalogue import usual_modules
from bench.plan.matrix import KERNEL_AXES, case_id
from bench.plan.request import (
    allows_tf32,
    flag,
    options,
    protocol_of,
    request_of,
    required,
    select,
)
from bench.plan.tasks import Setting, estimate_key, task_of
from bench.plan.values import SelectionError
from bench.report.progress import LOOKING, NO_CASE, Progress, not_shown, of_tf32, sentence
from bench.run.checkout import commit_info
from bench.run.launcher import SubprocessLauncher
from bench.run.single_case import ElsewhereError
from bench.run.trials import estimates_of
from bench.store import files
from data.errors import DataError
from kernels import tf32
from kernels.registry import RegistryError

# Shows the progress of a run.


class LiveProgress:
    """On a terminal, one line that is written over instead of a dot for each case."""

    def __init__(self, reporter: pytest.TerminalReporter, progress: Progress) -> None:
        reporter.showfspath = False
        self._reporter = reporter
        self._progress = progress

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Show which case runs, and how long the run still takes."""
        if nodeid not in self._progress:
            return
        line = self._progress.line(nodeid)[: self._reporter._tw.fullwidth - 1]
        self._reporter.rewrite(line, erase=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, str] | None:
        """Print no dot for a case that passed or was skipped; failures stay visible."""
        if report.when == "call" and report.passed:
            self._progress.finish(report.nodeid, report.duration)
            return "passed", "", ""
        if report.skipped:
            return "skipped", "", ""
        return None


# The pytest plugin: which hook calls what. ``pyproject.toml`` loads it.


SUITE = pytest.StashKey[Suite]()
UNGUARDED = pytest.StashKey[io.TextIOWrapper]()
CASES = Path(__file__).parents[1] / "cases"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the suite's options.

    Raises
    ------
    pytest.UsageError
        When ``pyproject.toml`` gives a default that is not allowed.
    """
    try:
        pytest_options.add(
            parser.getgroup(
                "minibatch", "mini-batch SGD benchmarks (lists: commas, nd.* works)"
            )
        )
    except SelectionError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Let no file of the tests take part in a benchmark: pytest would collect them.

    Raises
    ------
    pytest.UsageError
        When an option of a benchmark is unknown; pytest itself would not say what was meant.
        When pytest-benchmark is switched off.
    """
    if not early_config.pluginmanager.hasplugin("benchmark"):
        raise pytest.UsageError("pytest-benchmark is needed: leave out `-p no:benchmark`.")
    given = early_config.known_args_namespace
    if given.benchmark_only:
        known = {
            name for group in parser._groups for one in group.options for name in one.names()
        }
        known |= {name for one in parser._anonymous.options for name in one.names()}
        for name in (one.partition("=")[0] for one in args if one.startswith("--")):
            meant = values.nearest(name, known)
            if name not in known and meant:
                raise pytest.UsageError(f"there is no option {name}; {meant}")
        if not given.file_or_dir:
            given.file_or_dir = [str(CASES)]
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Turn ``--benchmark-only`` without a path to the cases; check the options early."""
    benchmark_only = config.getoption("benchmark_only")
    if benchmark_only and config.args_source != pytest.Config.ArgsSource.ARGS:
        config.args[:] = [str(CASES / f"{name}.py") for name in usual_modules()]
    ours = config.getoption("tables") != "pytest-benchmark"
    if ours and not config.getoption("benchmark_verbose"):
        config.option.benchmark_quiet = True
    if benchmark_only and not config.getoption("help"):
        suite(config)
        beside.refuse_ignored(config, of_tables=ours)
        try:
            with unwatched():
                pass
        except WatchedError as error:
            raise pytest.UsageError(str(error)) from error
        # The project's tests make errors of warnings; a run on a user's machine does not.
        config.addinivalue_line("filterwarnings", "default")
        # A run that is told to end saves what it has, as after Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def suite(config: pytest.Config) -> Suite:
    """Return the session's suite, made when it is first asked for.

    Raises
    ------
    pytest.UsageError
        When an option's value is not allowed.
    """
    if SUITE not in config.stash:
        try:
            names = options().keys() - pytest_options.NOT_OF_PYTEST
            request = request_of({name: config.getoption(flag(name)) for name in names})
            values.one_of(
                "--tables", config.getoption("tables"), pytest_options.TABLES, "table"
            )
            beside.keep_others_out(config)
            if allows_tf32(request):
                tf32.allow()  # before a library is loaded
            selection = select(request)
            config.stash[SUITE] = Suite(
                preset=request.preset,
                selection=selection,
                protocol=protocol_of(request),
                required=required(request, selection.registry),
                kernel_folders=request.kernel_folder,
            )
        except (SelectionError, RegistryError) as error:
            raise pytest.UsageError(str(error)) from error
    return config.stash[SUITE]


def _is_case(item: pytest.Item) -> bool:
    return CASES in item.path.parents


def _params(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return dict(callspec.params) if callspec else {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every case of a module that declares ``AXES``."""
    axes = getattr(metafunc.module, "AXES", None)
    if axes is None or "suite" not in metafunc.fixturenames:
        return
    cases = suite(metafunc.config).selection.cases_of(metafunc.module)
    names = ["kernel" if axis in KERNEL_AXES else axis for axis in axes]
    found = [pytest.param(*case.values(), id=case_id(case)) for case in cases]
    metafunc.parametrize(names, found)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out modules without any case; put every CPU case before any GPU case.

    For a module without a case pytest makes a placeholder. MXNet's first use of a GPU
    shrinks its OpenMP pool, so no CPU case may come after one.
    """
    empty = [item for item in items if _is_case(item) and "NOTSET" in item.name]
    if empty:
        config.hook.pytest_deselected(items=empty)
    kept = [item for item in items if item not in empty]
    items[:] = sorted(
        kept,
        key=lambda item: _is_case(item) and str(_params(item).get("device")).startswith("gpu"),
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say how many cases there are, and about how long they take.

    Raises
    ------
    pytest.UsageError
        When what is asked for after measuring can't be done.
    """
    # What pytest has collected by now stays; without it, the collections that Gluon's
    # DataLoader asks for when it is made take a tenth of the time.
    gc.freeze()
    items = [item for item in session.items if _is_case(item)]
    config = session.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    said = [*_taken_too(config.getoption("keyword"), items)]
    said += [NO_CASE] if SUITE in config.stash and not session.items else []
    measures = bool(items) and not config.getoption("collectonly")
    if measures:
        products = of_tf32(asked=config.getoption("tf32"), allowed=tf32.is_allowed())
        said += [*products, *health.before_measuring(), LOOKING]
    if reporter is not None:
        for text in said:
            reporter.write_line(text)
    if not measures:
        return
    asked = suite(config)
    tasks = {
        item.nodeid: task_of(
            item.name, _params(item), asked.selection.backend_of(_params(item))
        )
        for item in items
        if asked.availability(_params(item))
    }
    try:
        found = estimates_of(
            asked.registry,
            asked.protocol,
            [*tasks.values()],
            Setting(),
            SubprocessLauncher(asked.kernel_folders),
        )
    except DataError as error:
        raise pytest.UsageError(str(error)) from error
    keys = {nodeid: estimate_key(task) for nodeid, task in tasks.items()}
    estimates = {nodeid: found[key] for nodeid, key in keys.items() if key in found}
    beside.check_what_follows(config, {item.name: _params(item) for item in items})
    seconds = sum(estimates.values())
    if reporter is None:
        return
    n_unknown = len(tasks) - len(estimates)
    line = sentence(len(items), len(tasks), seconds, asked.preset, n_unknown)
    reporter.write_line(line)
    if reporter.isatty and config.get_verbosity() == 0:
        config.pluginmanager.register(LiveProgress(reporter, Progress(estimates)))


def _taken_too(keyword: str, items: list[pytest.Item]) -> Iterator[str]:
    """Say which other batch sizes ``-k B10`` selects: it looks for a part of the name."""
    sizes = {int(_params(item).get("batch_size", 0)) for item in items}
    for size in re.findall(r"(?<!\w)B(\d+)(?!\w)", keyword):
        others = sorted(one for one in sizes if str(one).startswith(size) and str(one) != size)
        if others:
            yield (
                f"-k B{size} also takes {', '.join(f'B{one}' for one in others)}; "
                f"--batch-sizes {size} takes that size alone."
            )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a case that can't run here, with the reason; fail it where it is required."""
    if not _is_case(item):
        return
    asked, params = suite(item.config), _params(item)
    answer = asked.availability(params)
    if answer:
        return
    if asked.is_required(params):
        pytest.fail(f"required, but {answer}", pytrace=False)
    asked.skipped.append(Unmeasured(item.name, params, str(answer)))
    pytest.skip(str(answer))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Measure a case unwatched, its fixture marked as used.

    Else pytest-benchmark warns of a case that is cut short.
    """
    with unwatched() if _is_case(item) else nullcontext():
        if _is_case(item):
            item.funcargs["benchmark"]._mode = "bench.measure"  # type: ignore[attr-defined]
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Measure a case that needs variables of its own in a process that has them."""
    environment = getattr(pyfuncitem.module, "environment", None)
    if not _is_case(pyfuncitem) or environment is None:
        return None
    params = _params(pyfuncitem)
    measured = suite(pyfuncitem.config).measure_elsewhere(
        pyfuncitem.originalname, params, environment(params)
    )
    take: Record = pyfuncitem.funcargs["record"]  # type: ignore[assignment]
    take(measured)
    return True


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the processes that a module's cases ran in before another module is timed."""
    if _is_case(item) and (nextitem is None or nextitem.path != item.path):
        suite(item.config).close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note a failed case, and keep its rounds out of the run file."""
    report = yield
    if _is_case(item) and report.failed and report.when != "teardown":
        reason = str(call.excinfo.value) if call.excinfo else "failed"
        suite(item.config).failed.append(Unmeasured(item.name, _params(item), reason))
        if call.excinfo and isinstance(
            call.excinfo.value,
            (GateError, DivergedError, DataError, ElsewhereError, MissedError),
        ):
            report.longrepr = reason  # what a kernel or an option causes needs no traceback
        fixture = getattr(item, "funcargs", {}).get("benchmark")
        if fixture is not None:
            fixture.has_error = True
    return report


@pytest.fixture(name="suite", scope="session")
def suite_fixture(pytestconfig: pytest.Config) -> Suite:
    """Give the cases the kernels and the protocol."""
    return suite(pytestconfig)


@pytest.fixture(name="record")
def record_fixture(benchmark: BenchmarkFixture) -> Record:
    """Give the cases what takes their measurement."""
    return partial(record, benchmark)


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Put the fingerprint into the run file, what changes from minute to minute apart."""
    machine.extend(machine_info)


@pytest.hookimpl(tryfirst=True)
def pytest_benchmark_generate_commit_info() -> dict[str, Any]:
    """Name the commit of what measures, not that of the working directory."""
    return commit_info()


@pytest.hookimpl(tryfirst=True)
def pytest_benchmark_compare_machine_info(
    benchmarksession: Any, machine_info: dict[str, Any], compared_benchmark: dict[str, Any]
) -> None:
    """Say of a stored run that it is of another machine, where its fingerprint is another.

    pytest-benchmark compares what changes from minute to minute too, and prints it all.
    """
    stored = compared_benchmark["machine_info"]
    if stored.get("fingerprint_id") != machine_info["fingerprint_id"]:
        benchmarksession.logger.warning(
            "The stored run is of another machine, or of other libraries or settings; "
            "`minibatch-bench compare` says which."
        )
    compared_benchmark["machine_info"] = machine_info


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Let a run that is asked for outlive the reader of its output."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if SUITE not in session.config.stash or reporter is None:
        return
    if isinstance(reporter._tw._file, io.TextIOWrapper):
        session.config.stash[UNGUARDED] = reporter._tw._file
        reporter._tw._file = output(reporter._tw._file)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Write what is left of the output: the interpreter does so for its own streams alone."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if UNGUARDED in config.stash and reporter is not None:
        guarded, reporter._tw._file = reporter._tw._file, config.stash[UNGUARDED]
        finish(guarded)
        guarded.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(
    session: pytest.Session, exitstatus: int
) -> Generator[None, object, object]:
    """Write the run before anything else, whatever the other plugins then do.

    Nothing more can be measured: who ends the session now would only lose what was.
    """
    ours = SUITE in session.config.stash
    ending = (signal.SIGINT, signal.SIGTERM) if ours else ()
    before = {one: signal.signal(one, signal.SIG_IGN) for one in ending}
    try:
        _finish(session, exitstatus)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    return (yield)


def _finish(session: pytest.Session, exitstatus: int) -> None:
    """Write the run, also of a session that was interrupted, and draw its figures."""
    config = session.config
    asked = config.stash.get(SUITE, None)
    measuring = config._benchmarksession  # type: ignore[attr-defined] # pytest-benchmark's
    # So that libraries find what is theirs when the interpreter ends.
    gc.unfreeze()
    if asked is not None:
        asked.close()
    if asked is None or measuring.disabled or config.getoption("collectonly"):
        return
    if not (measuring.benchmarks or asked.skipped or asked.failed):
        return
    interrupted = exitstatus in {pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR}
    document = document_of(config, measuring, asked, interrupted=interrupted)
    config.stash[DOCUMENT] = document
    if not (measuring.benchmarks or asked.failed):
        config.stash[PROBLEM] = (
            "nothing was measured: every case was skipped, for the reasons above. "
            "`python -m bench doctor` says what this machine lacks."
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    try:
        path = files.write_run(beside.results_of(config), document, files.commit_of(document))
        config.stash[RUN_FILE] = path
        if config.getoption("figures") and not interrupted:
            from bench.report.charts.figures import draw_run  # noqa: PLC0415 - it imports matplotlib

            draw_run(document, path.with_suffix(""))
    except files.StoreError as error:
        config.stash[PROBLEM] = str(error)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    except ModuleNotFoundError as error:
        config.stash[PROBLEM] = not_shown(error)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, object, object]:
    """Print the end of a run below what others print, and whatever they do."""
    try:
        return (yield)
    except PerformanceRegression as error:  # pytest-benchmark has listed them
        config.stash[PROBLEM] = f"--benchmark-compare-fail: {error}"
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED  # type: ignore[union-attr]
        return None
    finally:
        summarise(terminalreporter, config)
