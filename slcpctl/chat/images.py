"""What a user does with an image of the history: look at it, keep it elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from slcp.client import Json
from slcpctl.chat.typed import TypedError
from slcpctl.render import Line


def open_image(image: Json) -> list[Line]:
    """Open an image with the viewer of the desktop; return what to tell of it. Raises TypedError."""
    path = Path(image["path"])
    if not path.exists():
        raise TypedError(f"{path} is no longer there")
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


def save_image(image: Json, to: str) -> list[Line]:
    """Copy an image to a new file or into a folder; return what to tell of it. Raises TypedError."""
    source = Path(image["path"])
    target = Path(os.path.expanduser(to))  # noqa: PTH111  # pathlib's raises RuntimeError for ~nobody
    target = target / source.name if target.is_dir() else target
    try:
        with source.open("rb") as reading, target.open("xb") as writing:
            shutil.copyfileobj(reading, writing)
    except OSError as error:
        raise TypedError(f"{error.filename or target}: {error.strerror}; not saved") from error
    return [[("good", f"saved as {target}")]]
