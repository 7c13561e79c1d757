"""Processes that live as long as a benchmark needs them, and end by themselves in any case."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOORS = ROOT / "benchmarks/floors"
STARTS_WITHIN = 20.0  # seconds on a busy machine
ENDS_WITHIN = 5.0  # seconds
LOOK_EVERY = 0.001  # seconds


def floor(program: str, *arguments: object) -> list[str]:
    """Return the command that runs a program of `floors`."""
    return [sys.executable, str(FLOORS / f"{program}.py"), *map(str, arguments)]


def load(program: str, *arguments: object) -> list[str]:
    """Return the command that runs a program of `loads`."""
    return [sys.executable, "-m", f"benchmarks.loads.{program}", *map(str, arguments)]


@contextmanager
def running(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a program of ours while the context lasts; what it says can be read, what it complains of is shown."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        yield process
    finally:
        end(process)


@contextmanager
def serving(command: Sequence[str], is_up: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server of others, mute, while the context lasts; it begins when the server is up."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(is_up, f"{command[0]} serves")
        yield process
    finally:
        end(process)


@contextmanager
def ready(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a program of ours; the context begins when it says that it is ready."""
    with running(command) as process:
        expect(process, "ready")
        yield process


def end(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> None:
    """End a process of ours, and close what it was read from."""
    process.terminate()
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(ENDS_WITHIN)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def expect(process: subprocess.Popen[str], word: str) -> list[str]:
    """Read a line that begins with `word`; return what follows it."""
    assert process.stdout is not None
    first, *rest = process.stdout.readline().split() or [""]
    if first != word:
        raise RuntimeError(f"{process.args!r} says {first!r}, not {word!r}")
    return rest


def tell(process: subprocess.Popen[str], words: str) -> None:
    """Write a line to a process."""
    assert process.stdin is not None
    process.stdin.write(f"{words}\n")
    process.stdin.flush()


def wait_until(holds: Callable[[], bool], what: str, within: float = STARTS_WITHIN) -> None:
    """Return when something holds. Raises TimeoutError."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within:g} s: {what}")
        time.sleep(LOOK_EVERY)


def takes_connections(to: Path | int) -> bool:
    """Tell whether somebody listens at a Unix socket, or at a port of 127.0.0.1."""
    family, address = (socket.AF_UNIX, str(to)) if isinstance(to, Path) else (socket.AF_INET, ("127.0.0.1", to))
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0


def sync(file: Path) -> None:
    """Have a file on the disk."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())
