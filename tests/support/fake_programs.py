"""Programs of the system, as far as slcpctl knows: what they are asked is kept, what they answer is up to the test."""

from pathlib import Path

SCRIPT = """#!/bin/sh
printf '%s\\0' {name} "$@" >>{calls}
printf '\\n' >>{calls}
{commands}
"""


class FakePrograms:
    """A folder of programs, to be on PATH; each is a real process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._calls = folder / "calls"

    def add(self, name: str, commands: str = "") -> None:
        """Put a program there, or another in its place; `commands` are those of a shell."""
        program = self.folder / name
        program.write_text(SCRIPT.format(name=name, calls=self._calls, commands=commands), encoding="utf-8")
        program.chmod(0o700)

    @property
    def calls(self) -> list[str]:
        """What was run, in order: the words of each command joined by a space."""
        if not self._calls.exists():
            return []
        return [" ".join(call.split("\0")[:-1]) for call in self._calls.read_text(encoding="utf-8").splitlines()]

    def forget_calls(self) -> None:
        self._calls.unlink(missing_ok=True)
