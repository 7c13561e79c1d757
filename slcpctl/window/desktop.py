"""What the desktop says of how windows are to look: light or dark, and how large."""

from __future__ import annotations

import subprocess
import sys
import tkinter as tk
from contextlib import suppress

WITHIN = 1.0  # seconds for a program that tells
POINTS = 72  # of an inch

_ASK_DARK = {
    "darwin": ["defaults", "read", "-g", "AppleInterfaceStyle"],
    "linux": ["gsettings", "get", "org.gnome.desktop.interface", "color-scheme"],
}


def is_dark() -> bool:
    """Tell whether the desktop is set to dark; light where it does not tell."""
    if sys.platform == "win32":
        return _windows_is_dark()
    return "dark" in _said(_ASK_DARK.get(sys.platform, [])).lower()


def sharpen(root: tk.Tk) -> None:
    """Let lengths be as the desktop has them on displays of many dots, where Tk does not ask it: under X."""
    if root.tk.call("tk", "windowingsystem") != "x11":
        return
    for line in _said(["xrdb", "-query"]).splitlines():
        name, _, value = line.partition(":")
        if name == "Xft.dpi":
            with suppress(ValueError):
                root.tk.call("tk", "scaling", float(value) / POINTS)


def be_aware_of_dots() -> None:
    """Tell Windows, before there is a window, that it need not enlarge ours, which would be blurred."""
    if sys.platform == "win32":
        import ctypes

        with suppress(AttributeError, OSError):
            ctypes.windll.shcore.SetProcessDpiAwareness(1)


def _windows_is_dark() -> bool:
    if sys.platform != "win32":
        return False
    import winreg

    path = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
    with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
        return winreg.QueryValueEx(key, "AppsUseLightTheme")[0] == 0
    return False


def _said(command: list[str]) -> str:
    """Return what a program says; nothing if it is not there, or takes too long."""
    if not command:
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WITHIN, check=False
        )
        return done.stdout
    return ""
