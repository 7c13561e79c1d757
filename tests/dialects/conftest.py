"""LANs for the dialects, pictures to send, and the matrix of what was observed at the end of the run."""

import contextlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import matrix
import pytest
from driving import Counterpart
from lan import Host, Lan
from lan_or_skip import lan_or_skip
from PIL import Image

OBSERVED = pytest.StashKey[matrix.Matrix]()


# The matrix


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-matrix", action="store_true", help="put what is observed into docs/dialects.md")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "cell(row): the row of the matrix that this test observes")
    config.stash[OBSERVED] = matrix.Matrix()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    mark = item.get_closest_marker("cell")
    if mark and isinstance(item, pytest.Function) and not report.skipped and (report.when == "call" or report.failed):
        dialect = next(value for value in item.callspec.params.values() if value in matrix.DIALECTS)
        item.config.stash[OBSERVED].record(mark.args[0], dialect, report.passed)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    observed = config.stash[OBSERVED]
    if not observed:
        return
    terminalreporter.section("slcpd and the dialects")
    for line in observed.lines():
        terminalreporter.line(line)
    if config.getoption("--write-matrix", default=False):
        matrix.write(observed)


@pytest.fixture
def observed(request: pytest.FixtureRequest) -> matrix.Matrix:
    return request.config.stash[OBSERVED]


# Hosts and what runs on them


@pytest.fixture
def lan() -> Iterator[Lan]:
    with lan_or_skip() as lan:
        yield lan


@pytest.fixture
def run_on() -> Iterator[Callable[[Host, str, str], Counterpart]]:
    """Run a counterpart: run_on(host, "colon", "Colin"). All are ended after the test."""
    with contextlib.ExitStack() as running:

        def run_on(host: Host, dialect: str, handle: str) -> Counterpart:
            return running.enter_context(Counterpart(host, dialect, handle))

        yield run_on


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A JPEG of about 100 kB: in UDP, more than one datagram."""
    path = tmp_path_factory.mktemp("pictures") / "photo.jpg"
    Image.effect_noise((640, 480), 40).save(path, quality=60)
    return path


@pytest.fixture(scope="session")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PNG of about 100 kB."""
    path = tmp_path_factory.mktemp("pictures") / "drawing.png"
    Image.effect_noise((360, 300), 60).save(path)
    return path
