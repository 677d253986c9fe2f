"""The pytest plug-in: `pytest tests/hil --target native_sim` runs a charge point once and judges it, a test a check.

Options, the fixtures `recording`, `verdicts` and `verdict`, and what the reports add. `ocpp-rig run` calls pytest with
the same plug-in, having prepared the device beforehand. With several `--place` or `--device`, every check is judged on
each of them; `-n` gives each a worker of its own.
"""

import argparse
import contextlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rig.errors import BenchError, UsageError
from rig.pytest_workers import Controller, heed_controller

if TYPE_CHECKING:
    # Imported where it is needed: this module is loaded by every pytest in the environment, also by those that run
    # no charge point.
    from rig.checks.verdict import Verdict
    from rig.journal.recording import Recording
    from rig.prepare import Prepared

TESTED = pytest.StashKey["dict[str, Prepared]"]()
"""The devices under test, by the name that they have in test ids."""
PREPARED_BY_CLI = "ocpp-rig-prepared"
HIL = re.compile(r"(^|[/.])hil([/].*)?$")
"""How the suites are named on a command line: `tests/hil`, `tests/hil/test_lifecycle.py`, `rig.hil`."""


class PreparedByCli:
    """Hands a prepared device, and the way to show its progress, from `ocpp-rig run` to the plug-in."""

    #: The name by which pytest registers it, and `_by_cli` finds it.
    __name__ = PREPARED_BY_CLI

    def __init__(self, prepared: "Prepared", say: Callable[[str], object]) -> None:
        self.prepared = prepared
        self.say = say
        self.problem: BenchError | None = None


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run; those of `ocpp-rig run`, which explains them at length (`ocpp-rig run --help`)."""
    group = parser.getgroup("ocpp-rig", "run a charge point and judge it (tests/hil)")
    group.addoption("--target", metavar="BOARD", help="auto (default), twin, native_sim, qemu_x86, mps2/an385, …")
    group.addoption("--firmware", type=Path, metavar="PATH", help="an image that somebody else built")
    group.addoption("--expect-build", metavar="BUILD", help="what its boot banner must show")
    group.addoption("--ratio", type=float, metavar="N", help="device time N times as fast as the host's (default 20)")
    group.addoption("--out", type=Path, metavar="DIR", help="the run folder")
    group.addoption("--isolation", choices=("auto", "namespace", "host"), default="auto", help="whose ports to use")
    group.addoption("--port", type=int, metavar="N", help="build the image for this port of the central system")
    group.addoption("--fragment", action="append", default=[], metavar="NAME", help="a Kconfig fragment to add")
    group.addoption("--defect", action="append", default=[], metavar="NAME", help="make the twin misbehave")
    group.addoption("--network", choices=("host", "tap"), default="host", help="native_sim's sockets, or Zephyr's own")
    group.addoption("--bench", metavar="FILE", help="the bench file with the board; `virtual` for a virtual board")
    group.addoption("--device", action="append", default=[], metavar="ID", help="a board of it; may be given again")
    group.addoption("--place", action="append", default=[], metavar="NAME", help="a labgrid place, or TAG=VALUE")
    group.addoption("--wait", type=float, default=0.0, metavar="S", help="how long to wait for a board in use")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Prepare the device and point the reports to the run folder, before their plug-ins look where to write."""
    by_cli = _by_cli(config)
    heed_controller(config)
    if config.option.collectonly:
        return
    if by_cli:
        tested = {by_cli.prepared.choice.target.facts.board: by_cli.prepared}
        folder = by_cli.prepared.folder
    elif _names_a_device(config.option) or any(HIL.search(arg.split("::")[0]) for arg in config.args):
        tested, folder = _prepare(config)
    else:
        return
    config.stash[TESTED] = tested
    # A verdict explains itself; the Python below it explains nothing.
    config.option.tbstyle = "line"
    # pytest-html's and JUnit's own options, where the user left them open.
    config.option.xmlpath = config.option.xmlpath or str(folder / "junit.xml")
    if not getattr(config.option, "htmlpath", None):
        config.option.htmlpath = str(folder / "report.html")
        config.option.self_contained_html = True
    if getattr(config.option, "dist", "no") != "no":
        config.pluginmanager.register(Controller(tested, folder, config.option.place))
    from rig.report.html import HtmlReport  # noqa: PLC0415

    config.pluginmanager.register(HtmlReport(config), "ocpp-rig-html")


def _names_a_device(options: argparse.Namespace) -> bool:
    return bool(options.target or options.bench or options.device or options.place)


def _by_cli(config: pytest.Config) -> PreparedByCli | None:
    plugin = config.pluginmanager.get_plugin(PREPARED_BY_CLI)
    return plugin if isinstance(plugin, PreparedByCli) else None


def _prepare(config: pytest.Config) -> tuple["dict[str, Prepared]", Path]:
    """All devices that the options name, ready to run, and the folder for what the session leaves."""
    from rig.prepare import prepare_all  # noqa: PLC0415
    from rig.targets.wish import Wish  # noqa: PLC0415

    capture = config.pluginmanager.get_plugin("capturemanager")

    def show_progress(line: str) -> None:
        if hasattr(config, "workerinput"):
            return  # the controller has said it
        with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
            sys.stderr.write(f"{line}\n")

    try:
        wishes = Wish.all_of(config.option, show_progress)
        return prepare_all(wishes, config.option.out, config.option.isolation)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    except BenchError as error:
        pytest.exit(f"the bench broke: {error}", returncode=3)


def _say(config: pytest.Config) -> Callable[[str], object]:
    """How to show a line while pytest captures output."""
    if by_cli := _by_cli(config):
        return by_cli.say
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")

    def say(line: str) -> None:
        if reporter and capture:
            with capture.global_and_fixture_disabled():
                reporter.write_line(line)

    return say


def _tested(config: pytest.Config) -> "dict[str, Prepared]":
    tested = config.stash.get(TESTED, None)
    if not tested:
        raise pytest.UsageError("no device under test: name one with --target (auto, twin, native_sim, …)")
    return tested


@pytest.fixture(scope="session")
def device_under_test(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> "Prepared":
    """The device under test; where there are several, one after the other."""
    tested = _tested(pytestconfig)
    return tested[request.param] if hasattr(request, "param") else next(iter(tested.values()))


@pytest.fixture(scope="session")
def recording(device_under_test: "Prepared", pytestconfig: pytest.Config) -> "Recording":
    """The recording of one charge lifecycle on the device under test; it is run once, for all tests."""
    from rig.report.progress import Narrator  # noqa: PLC0415

    say = _say(pytestconfig)
    if not _by_cli(pytestconfig):
        choice = device_under_test.choice
        facts = choice.target.facts
        say(f"\ndevice under test: {facts.board} on {facts.target} ({choice.why})")
    try:
        return device_under_test.run(Narrator(say), say)
    except BenchError as error:
        if by_cli := _by_cli(pytestconfig):
            by_cli.problem = error
        if len(_tested(pytestconfig)) > 1:
            raise  # the other devices are there all the same
        pytest.exit(f"the bench broke: {error}", returncode=3)


@pytest.fixture(scope="session")
def verdicts(recording: "Recording", device_under_test: "Prepared") -> "dict[str, Verdict]":
    """The verdicts on that recording, by check id."""
    del recording  # it is there now
    return {each.check: each for each in device_under_test.verdicts}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a `verdict` runs once for each check of the lifecycle, under the check's id.

    Every test of a device runs once for each of them, where there are several.
    """
    tested = metafunc.config.stash.get(TESTED, {})
    if "device_under_test" in metafunc.fixturenames and len(tested) > 1:
        metafunc.parametrize("device_under_test", [*tested], indirect=True, scope="session")
    if "verdict" in metafunc.fixturenames:
        from rig.checks.judge import LIFECYCLE  # noqa: PLC0415

        ids = [check.id for check in LIFECYCLE]
        metafunc.parametrize("verdict", ids, ids=ids, indirect=True)


@pytest.fixture
def verdict(request: pytest.FixtureRequest, recording: "Recording", verdicts: "dict[str, Verdict]") -> "Verdict":
    """The verdict on one check.

    ERROR fails the fixture, so that reports show an error and not a failure; NOT APPLICABLE skips and KNOWN DEFECT
    xfails the test, each with its reason.
    """
    from rig.checks.verdict import Outcome  # noqa: PLC0415
    from rig.report.table import device_under_test  # noqa: PLC0415

    found = verdicts[request.param]
    # The properties of its case in JUnit's file.
    fields = ("check", "outcome", "measured", "limit", "citation", "reason")
    request.node.user_properties += [(name, str(getattr(found, name))) for name in fields]
    request.node.user_properties.append(("device", device_under_test(recording.run)))
    request.node.user_properties.append(("journal_lines", " ".join(str(n) for n in found.evidence)))
    match found.outcome:
        case Outcome.ERROR:
            raise BenchError(f"{found.check}: {found.measured} {found.reason}")
        case Outcome.NOT_APPLICABLE:
            pytest.skip(found.measured)
        case Outcome.KNOWN_DEFECT:
            pytest.xfail(f"{found.measured}. {found.reason}")
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The verdict table, below pytest's own; of several devices, side by side."""
    tested = {name: each for name, each in config.stash.get(TESTED, {}).items() if each.recorded}
    if not tested or _by_cli(config):
        return
    from rig.report.colours import wants_colour  # noqa: PLC0415
    from rig.report.side_by_side import Column, side_by_side  # noqa: PLC0415
    from rig.report.table import closing_lines, device_under_test  # noqa: PLC0415

    terminalreporter.section("verdicts")
    colour = wants_colour(terminalreporter._tw._file)  # noqa: SLF001
    if len(tested) == 1:
        only = next(iter(tested.values()))
        lines = closing_lines(only.recording, only.verdicts, only.folder, colour=colour)
    else:
        columns = [Column(name, device_under_test(e.recording.run), e.verdicts) for name, e in tested.items()]
        lines = side_by_side(columns, colour=colour)
    for line in lines:
        terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Exit with 3 where the bench broke, as `ocpp-rig run` does."""
    tested = session.config.stash.get(TESTED, {}).values()
    if tested and exitstatus == pytest.ExitCode.TESTS_FAILED:
        from rig.checks.judge import EXIT_CODES, overall  # noqa: PLC0415

        asked = _asked_of(session)
        codes = [EXIT_CODES[overall(each.verdicts)] if each.recorded else 3 for each in tested if each.folder in asked]
        session.exitstatus = max(exitstatus, *codes)


def _asked_of(session: pytest.Session) -> set[Path]:
    """The folders of the devices that the selected tests are about; all, where an xdist controller has no tests."""
    tested = session.config.stash[TESTED]
    items = [item for item in getattr(session, "items", []) if "device_under_test" in getattr(item, "fixturenames", ())]
    params = [getattr(item, "callspec", None) for item in items]
    names = {each.params.get("device_under_test") for each in params if each}
    return {each.folder for name, each in tested.items() if not items or name in names or len(tested) == 1}
