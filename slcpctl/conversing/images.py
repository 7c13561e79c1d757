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
from slcpctl.conversing.typed import TypedError
from slcpctl.render import Line
from slcpctl.translating import tr


def open_image(image: Json) -> list[Line]:
    """Open an image with the viewer of the desktop; return what to tell of it. Raises TypedError."""
    path = Path(image["path"])
    try:
        path.stat()
    except FileNotFoundError as error:
        raise TypedError(tr("{path} is no longer there; it can only be sent again", path=path)) from error
    except OSError as error:
        words = tr("{path}: {error}; not opened: let that be changed, and type /open again")
        raise TypedError(words.format(path=path, error=error.strerror)) from error
    if sys.platform != "darwin" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return [[("", tr("no desktop here; the image is {path}", path=path))]]
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
        words = tr("{viewer}: {error}; the image is {path}")
        raise TypedError(words.format(viewer=viewer, error=error.strerror, path=path)) from error
    return [[("dim", tr("opened {path}", path=path))]]


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
        words = tr("{path}: {error}; not saved: /save takes another path")
        raise TypedError(words.format(path=error.filename or target, error=error.strerror)) from error
    except ValueError as error:  # NUL, or a surrogate that stands for no byte
        words = tr("{path}: no file can be called so; not saved: /save takes another path")
        raise TypedError(words.format(path=to)) from error
    return [[("good", tr("saved as {path}", path=target))]]


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
