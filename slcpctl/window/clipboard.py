"""What the clipboard holds besides text: an image, or files that were copied in a file manager."""

from __future__ import annotations

import time
import tkinter as tk
from pathlib import Path
from urllib.parse import unquote, urlsplit

IMAGE_TYPES = {"image/png": ".png", "image/jpeg": ".jpg"}
_BYTES = {hex(byte): byte for byte in range(256)}  # Tk gives what is no text as words such as 0x89
FILES = "text/uri-list"  # https://www.iana.org/assignments/media-types/text/uri-list


def files(root: tk.Misc) -> tuple[str, ...]:
    """Return the paths of the files in the clipboard; none if it holds no files, or the system hides them from Tk."""
    return tuple(paths_of(_bytes(root, FILES).decode(errors="replace"))) if FILES in _targets(root) else ()


def image(root: tk.Misc, folder: Path) -> tuple[str, ...]:
    """Write the image in the clipboard to a file in a folder; return its path, none without one. Raises OSError."""
    if root.tk.call("tk", "windowingsystem") != "x11":
        return _image_by_pillow(folder)
    kind = next((kind for kind in IMAGE_TYPES if kind in _targets(root)), None)
    if kind is None:
        return ()
    path = _new_path(folder, IMAGE_TYPES[kind])
    path.write_bytes(_bytes(root, kind))
    return (str(path),)


def paths_of(uris: str) -> list[str]:
    """Return the paths of the files of this machine in a list of URIs."""
    parts = [urlsplit(line.strip()) for line in uris.splitlines() if line.startswith("file:")]
    return [unquote(part.path) for part in parts if part.netloc in ("", "localhost")]


def _bytes(root: tk.Misc, kind: str) -> bytes:
    return bytes(map(_BYTES.__getitem__, _content(root, kind).split()))


def _targets(root: tk.Misc) -> tuple[str, ...]:
    return tuple(_content(root, "TARGETS").split())


def _content(root: tk.Misc, kind: str) -> str:
    try:
        return str(root.tk.call("clipboard", "get", "-type", kind))
    except tk.TclError:  # there is none of it
        return ""


def _image_by_pillow(folder: Path) -> tuple[str, ...]:
    """Ask Pillow, which knows the clipboards of Windows and macOS."""
    from PIL import Image, ImageGrab

    try:
        found = ImageGrab.grabclipboard()
    except (NotImplementedError, OSError):
        return ()
    if isinstance(found, list):  # of files
        return tuple(map(str, found))
    if isinstance(found, Image.Image):
        path = _new_path(folder, ".png")
        found.save(path)
        return (str(path),)
    return ()


def _new_path(folder: Path, suffix: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{time.strftime('%Y-%m-%d_%H%M%S')}_{time.monotonic_ns() % 1000:03}{suffix}"
