"""The image files that a line names, queued one after the other."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from slcp.async_client import Requests
from slcp.errors import SlcpError
from slcpctl.conversing.shell_words import quoted
from slcpctl.conversing.typed import PartlyDoneError, SendImages, TypedError
from slcpctl.sending import EVERYONE
from slcpctl.translating import tr


async def send_images(typed: SendImages, to: str, requests: Requests) -> None:
    """Queue the images for `to`, all if each file can be read, else none.

    Raises TypedError for a file; PartlyDoneError when an image is refused behind others; else what the request raises.
    """
    files = await asyncio.to_thread(_absolute_paths, typed.paths)
    for done, path in enumerate(files):
        try:
            await requests.request("send_image", to=to, path=path)
        except SlcpError as error:
            if not done:
                raise
            queued = ", ".join(typed.paths[:done])
            rest = SendImages(typed.paths[done:], typed.to)
            words = tr("{error}; queued before it: {paths}", error=error, paths=queued)
            raise PartlyDoneError(words, _line(rest)) from error


def _line(typed: SendImages) -> str:
    """Return the line that means this."""
    begin = "/img" if typed.to is None else f"IMG {'everyone' if typed.to == EVERYONE else typed.to}"
    return " ".join([begin, *map(quoted, typed.paths)])


def _absolute_paths(paths: Iterable[str]) -> list[str]:
    """Return where the files are. Raises TypedError if one is none, or cannot be read."""
    return [str(_file(path)) for path in paths]


def _file(path: str) -> Path:
    try:
        file = _absolute(path)
        mode = file.stat().st_mode
    except OSError as error:
        raise _refused(path, error.strerror) from error
    except ValueError as error:  # NUL, or a surrogate that stands for no byte
        raise _refused(path, tr("no file can be called so")) from error
    if not stat.S_ISREG(mode):
        raise _refused(path, tr("Is a directory") if stat.S_ISDIR(mode) else tr("Not a file"))
    if not os.access(file, os.R_OK):
        raise _refused(path, tr("Permission denied"))
    return file


def _absolute(path: str) -> Path:
    """Return a path that means the same in every folder. Raises OSError, ValueError, TypedError."""
    expanded = Path(os.path.expanduser(path))  # noqa: PTH111  # pathlib's raises RuntimeError for ~nobody
    try:
        return expanded.absolute()
    except FileNotFoundError as error:
        words = tr("{path}: the folder that we are in was removed; begin the path with / or ~/", path=path)
        raise TypedError(words) from error


def _refused(path: str, reason: str | None) -> TypedError:
    return TypedError(tr("{path}: {reason}; no image was sent: correct the path", path=path, reason=reason))
