"""A LAN for each test, daemons on its hosts, and a list of what was observed at the end of the run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemons import Daemon, World
from lan import Host, Lan
from lan_or_skip import lan_or_skip

OBSERVED = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    observed = config.stash.get(OBSERVED, [])
    if observed:
        terminalreporter.section("observed on the LAN")
        for line in observed:
            terminalreporter.line(line)


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Take a line for the list at the end of the run."""
    return request.config.stash.setdefault(OBSERVED, []).append


@pytest.fixture
def lan() -> Iterator[Lan]:
    with lan_or_skip() as lan:
        yield lan


@pytest.fixture
def start_on(lan: Lan, tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Start a daemon on a host, with the default ports: start_on(host, "Ani"). All are ended after the test."""
    daemons: list[Daemon] = []

    def start_on(host: Host, handle: str, **keys: object) -> Daemon:
        world = World(tmp_path / handle)
        world.configure(handle=handle, **keys)
        daemons.append(Daemon(world, host.prefix, {"SLCP_INTERFACES": ""}))
        return daemons[-1].start()

    yield start_on
    for daemon in daemons:
        daemon.close()
