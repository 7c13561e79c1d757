"""An interactive shell on a terminal of its own, in which a test types, Tab included."""

import os
import pty
import select
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from daemons import WAIT, World
from terminal import take_terminal

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
LOADING = {
    "bash": "source <(slcpctl completion bash)",
    "zsh": "autoload -Uz compinit; compinit -D -u; source <(slcpctl completion zsh)",
    "fish": "slcpctl completion fish | source",
}
RAN = b"<slcpctl has run>"
PROGRAM = """#!/bin/sh
case "$1" in completion | __complete) exec {python} -m slcpctl "$@" ;; esac
printf '%s\\0' "$@" >{words}
printf '<slcpctl has %s>\\n' run
"""


class Shell:
    """Has completion loaded; its slcpctl completes as the real one, and runs nothing but keeps its words."""

    def __init__(self, name: str, world: World) -> None:
        self.folder = world.root / f"home of {name}"  # where it is
        self.folder.mkdir()
        self._words = world.root / f"words.{name}"
        variables = {"PATH": f"{self._install(world)}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        self._terminal, inside = pty.openpty()
        self._process = subprocess.Popen(
            COMMANDS[name],
            cwd=self.folder,
            env={**world.environment, **variables, "HOME": str(self.folder), "TERM": "xterm", "INPUTRC": os.devnull},
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            preexec_fn=take_terminal,  # fish will not run without one
        )
        os.close(inside)
        try:
            self._write(f"{LOADING[name]}\r")
            self.run("slcpctl ready")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._process.kill()
        self._process.wait(WAIT)
        os.close(self._terminal)

    def run(self, line: str) -> list[str]:
        """Type a line that runs slcpctl, in which a Tab completes; return the words that slcpctl was given."""
        self._write(f"{line}\r")
        self._read_until(RAN)
        return self._words.read_text(encoding="utf-8").split("\0")[:-1]

    def _install(self, world: World) -> Path:
        folder = world.root / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "slcpctl"
        program.write_text(
            PROGRAM.format(python=shlex.quote(sys.executable), words=shlex.quote(str(self._words))), encoding="utf-8"
        )
        program.chmod(0o700)
        return folder

    def _write(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _read_until(self, wanted: bytes) -> None:
        screen = b""
        until = time.monotonic() + WAIT
        while wanted not in screen:
            if not select.select([self._terminal], [], [], max(until - time.monotonic(), 0))[0]:
                raise AssertionError(f"no {wanted!r} on the screen: {screen.decode(errors='replace')}")
            screen += os.read(self._terminal, 1 << 16)
