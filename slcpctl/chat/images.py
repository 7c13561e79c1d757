"""What a user does with an image of the history: look at it, keep it elsewhere."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from slcp.client import Json
from slcpctl.chat.typed import TypedError
from slcpctl.render import Line


def open_image(image: Json) -> list[Line]:
    """Open an image with the viewer of the desktop; return what to tell of it. Raises TypedError."""
    path = Path(image["path"])
    try:
        path.stat()
    except FileNotFoundError as error:
        raise TypedError(f"{path} is no longer there; it can only be sent again") from error
    except OSError as error:
        raise TypedError(f"{path}: {error.strerror}; not opened: let that be changed, and type /open again") from error
    if sys.platform != "darwin" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return [[("", f"no desktop here; the image is {path}")]]
    viewer = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.Popen(
            [viewer, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # it shall not end with our terminal
        ).returncode = 0  # nobody waits for it
    except OSError as error:
        raise TypedError(f"{viewer}: {error.strerror}; the image is {path}") from error
    return [[("dim", f"opened {path}")]]


async def save_image(image: Json, to: str) -> list[Line]:
    """Copy an image to a new file or into a folder; return what to tell of it. Raises TypedError."""
    return await asyncio.to_thread(_save, Path(image["path"]), to)


def _save(source: Path, to: str) -> list[Line]:
    try:
        target = Path(os.path.expanduser(to))  # noqa: PTH111  # pathlib's raises RuntimeError for ~nobody
        if target.is_dir():
            target /= source.name
        _copy(source, target)
    except OSError as error:
        raise TypedError(
            f"{error.filename or target}: {error.strerror}; not saved: /save takes another path"
        ) from error
    except ValueError as error:  # NUL, or a surrogate that stands for no byte
        raise TypedError(f"{to}: no file can be called so; not saved: /save takes another path") from error
    return [[("good", f"saved as {target}")]]


def _copy(source: Path, target: Path) -> None:
    """Copy to a file that is not there yet; nothing is left of it if that fails. Raises OSError, ValueError."""
    with source.open("rb") as reading:
        writing = target.open("xb")
        try:
            with writing:  # what is written last may fail when it is closed
                shutil.copyfileobj(reading, writing)
        except OSError:
            with suppress(OSError):
                target.unlink()
            raise
