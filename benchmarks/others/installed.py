"""What is installed of other programs; without one its rows are left out, and a line says so."""

import os
import shutil
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack
from typing import TypeVar

Server = TypeVar("Server")

PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])  # servers stand there


class NotInstalledError(Exception):
    """A program is not on this machine; the text names it and its package."""


def find(program: str, package: str) -> str:
    """Return the path of a program. Raises NotInstalledError."""
    found = shutil.which(program, path=PLACES)
    if found is None:
        raise NotInstalledError(f"{program} is not installed (Debian: {package})")
    return found


def enter_if_installed(stack: ExitStack, server: AbstractContextManager[Server]) -> Generator[str, None, Server | None]:
    """Enter a context; where its program is not installed, yield a line that says so, and return None."""
    try:
        return stack.enter_context(server)
    except NotInstalledError as error:
        yield f"left out: {error}"
        return None
