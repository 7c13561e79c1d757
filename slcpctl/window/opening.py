"""The command gui: the window, or what is missing for it."""

from __future__ import annotations

import sys
from argparse import Namespace

from slcp.errors import SlcpError
from slcpctl.output import note
from slcpctl.translating import tr

TYPE_CHECKING = False
if TYPE_CHECKING:
    import tkinter as tk

DONE, FAILED = 0, 1  # exit codes
_PACKAGES = {
    "linux": "`sudo apt install python3-tk` (Debian, Ubuntu), `sudo dnf install python3-tkinter` (Fedora)",
    "darwin": "`brew install python-tk@{}.{}`".format(*sys.version_info),
}


class NoWindowError(SlcpError):
    """There can be no window here; the text says why, and what helps."""


def gui(options: Namespace) -> int:
    """Open the window, until the user closes it. Raises NoWindowError."""
    root = _root()
    from slcpctl.window.desktop import is_dark, sharpen
    from slcpctl.window.window import Window

    sharpen(root)
    dark = options.theme == "dark" if options.theme else is_dark()
    backstage = Window(root, options.profile, options.handle, dark).run()
    if backstage.unfinished:
        note(tr("not all of what was typed last has reached the daemon; `slcpctl history` shows what was queued"))
    return FAILED if backstage.unfinished or backstage.is_broken else DONE


def _root() -> tk.Tk:
    """Return an empty window. Raises NoWindowError."""
    try:
        import tkinter as tk
    except ImportError as error:
        package = _PACKAGES.get(sys.platform, tr("a Python with tkinter"))
        words = tr(
            "this Python comes without tkinter ({error}); install it: {package}. `slcpctl chat` needs none",
            error=error,
            package=package,
        )
        raise NoWindowError(words) from error
    from slcpctl.window.desktop import be_aware_of_dots

    be_aware_of_dots()
    try:
        return tk.Tk(className="Slcp")
    except tk.TclError as error:
        words = tr("no window can be opened here ({error}); in a terminal use `slcpctl chat`", error=error)
        raise NoWindowError(words) from error
