"""slcpctl as a user runs it, against a daemon that answers what the test wants."""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fake_daemon import FakeDaemon
from fake_programs import FakePrograms
from ran import Ran, Run

from slcpctl import __main__


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folders of a user, with a path short enough for a socket; nothing there yet."""
    with TemporaryDirectory(prefix="slcp-") as folder:
        for name in ("CONFIG_HOME", "STATE_HOME", "DATA_HOME", "RUNTIME_DIR"):
            monkeypatch.setenv(f"XDG_{name}", f"{folder}/{name}")
        monkeypatch.delenv("NO_COLOR", raising=False)
        yield Path(folder)


@pytest.fixture
def socket_path(home: Path) -> Path:
    return home / "RUNTIME_DIR/slcp/control.sock"


@pytest.fixture
def daemon(socket_path: Path) -> Iterator[FakeDaemon]:
    with FakeDaemon(socket_path) as daemon:
        yield daemon


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    """The programs of a system: only those that the test puts there."""
    system = FakePrograms(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(system.folder))
    return system


@pytest.fixture
def slcpctl(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run slcpctl with these words."""

    def run(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["slcpctl", *words])
        code = __main__.main()
        return Ran(code, *capsys.readouterr())

    return run
