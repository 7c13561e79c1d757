"""What docs/*.md tell a user to type and to save, and a user who does so."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from daemons import WAIT, World

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^## (?P<heading>[^\n]+)$|^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
OF_A_MAKE_ABOVE = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS"})  # the tests may run in one; a user's make is none
SAVED = re.compile(r"#!.*\n# (?P<name>[\w.-]+): ")


@dataclass(frozen=True)
class Block:
    """A block of code, and the heading that it stands under."""

    heading: str
    language: str
    code: str

    @property
    def name(self) -> str | None:
        """The name that it is saved under; None, if it is to be typed."""
        saved = SAVED.match(self.code)
        return saved["name"] if saved else None


def blocks(document: str) -> list[Block]:
    """Return the blocks of docs/`document`, in their order."""
    heading, found = "", []
    for match in BLOCK.finditer((ROOT / "docs" / document).read_text(encoding="utf-8")):
        if match["heading"]:
            heading = match["heading"]
        else:
            found.append(Block(heading, match["language"], match["code"]))
    return found


@dataclass(frozen=True)
class Running:
    """A command that goes on, with all that it has started."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def kill(self) -> None:
        """End all of it at once, with no chance to clean up."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(WAIT)


class ScriptingUser:
    """The user of a world, who has saved scripts in a folder of the PATH; the home is the current folder."""

    def __init__(self, world: World) -> None:
        self.home = world.root / "home"
        self._bin = world.root / "bin"
        for folder in (self.home, self._bin):
            folder.mkdir()
        self.environment = {
            **{name: value for name, value in world.environment.items() if name not in OF_A_MAKE_ABOVE},
            "HOME": str(self.home),
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        }
        python = shlex.quote(sys.executable)
        self.save("python3", f'#!/bin/sh\nexec {python} "$@"\n')
        self.save("slcpctl", f'#!/bin/sh\nexec {python} -m slcpctl "$@"\n')

    def save(self, name: str, script: str) -> None:
        """Save a script where it is found."""
        path = self._bin / name
        path.write_text(script, encoding="utf-8")
        path.chmod(0o700)

    def run(self, line: str, **variables: str) -> str:
        """Type a line and wait for its end; return what it prints. Fails where the line does."""
        environment = {**self.environment, **variables}
        ran = subprocess.run(
            ["/bin/sh", "-c", line], cwd=self.home, env=environment, capture_output=True, timeout=WAIT, check=False
        )
        assert ran.returncode == 0, ran.stderr.decode(errors="replace")
        return ran.stdout.decode(errors="replace")

    @contextmanager
    def running(self, line: str) -> Iterator[Running]:
        """Type a line that goes on; all that it has started is ended in the end."""
        out, err = self.home / "out.txt", self.home / "err.txt"
        with out.open("ab") as writes, err.open("ab") as complains:
            process = subprocess.Popen(
                ["/bin/sh", "-c", line],
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=writes,
                stderr=complains,
                start_new_session=True,
            )
        running = Running(process, out, err)
        try:
            yield running
        finally:
            if process.returncode is None:
                running.kill()


def until(condition: Callable[[], bool], what: str) -> None:
    """Return when the condition holds, of something that tells nobody: a file of a script."""
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT} s: {what}"
        time.sleep(0.02)
