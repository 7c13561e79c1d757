"""An image in a window of its own, as large as that is. It is decoded and scaled outside the window's thread."""

from __future__ import annotations

import tkinter as tk
from contextlib import suppress
from functools import partial
from pathlib import Path
from tkinter import ttk
from typing import Protocol

from slcp.escaping import escape
from slcpctl.conversing.thumbnail import PreviewError
from slcpctl.translating import tr
from slcpctl.window.pictures import Box, Decoded, Decoder, rgb
from slcpctl.window.pressing import bind_keys, button
from slcpctl.window.theme import Look

PART = 0.8  # of the screen that it takes at first
SETTLED = 150  # ms without a change of its size, until the image is drawn in that


class Keeps(Protocol):
    """What else the user does with an image file."""

    def open_image(self, path: str) -> None:
        """Open it with the viewer of the desktop."""

    def save_image(self, path: str) -> None:
        """Ask where to, and save it."""


class Viewer(tk.Toplevel):
    """Shows one image file; O opens it with the desktop's viewer, S saves it, Esc closes."""

    def __init__(self, parent: tk.Misc, look: Look, path: str, decoder: Decoder, keeps: Keeps) -> None:
        super().__init__(parent, name="viewer", background=look.palette.ground)
        self._look, self._path, self._decoder = look, path, decoder
        self._image: tk.PhotoImage | None = None
        self._size = Box(0, 0)
        self._timer = ""
        self.title(escape(Path(path).name))
        self.transient(parent.winfo_toplevel())
        self.geometry(f"{round(self.winfo_screenwidth() * PART)}x{round(self.winfo_screenheight() * PART)}")
        self._canvas = tk.Canvas(self, name="image", background=look.palette.ground, highlightthickness=0)
        self._build_bar(keeps)
        self._canvas.pack(fill="both", expand=True)
        self._canvas.bind("<Configure>", lambda _: self._plan())
        bind_keys(self, {"o": lambda: keeps.open_image(path), "s": lambda: keeps.save_image(path)})
        bind_keys(self, {"<Escape>": self.destroy, "<Control-w>": self.destroy})
        with suppress(tk.TclError):  # closed meanwhile, or another took its place
            self.wait_visibility()
            self.focus_force()

    def destroy(self) -> None:
        """Close it: what is still decoded is for nobody, and not for the next viewer, which has the same name."""
        self._size = Box(0, 0)
        super().destroy()

    def _build_bar(self, keeps: Keeps) -> None:
        px = self._look.px
        bar = ttk.Frame(self, padding=(px(14), px(6)))
        bar.pack(side="bottom", fill="x")
        buttons = (
            button(bar, "open", tr("Open with the desktop's viewer"), partial(keeps.open_image, self._path)),
            button(bar, "save", tr("Save as…"), partial(keeps.save_image, self._path)),
            button(bar, "close", tr("Close"), self.destroy),
        )
        for made in reversed(buttons):
            made.pack(side="right", padx=(px(8), 0))
        self._about = ttk.Label(bar, name="about", style="Small.TLabel", text=tr("The image is read…"))
        self._about.pack(side="left")

    def _plan(self) -> None:
        if self._timer:
            self.after_cancel(self._timer)
        self._timer = self.after(SETTLED, self._draw)

    def _draw(self) -> None:
        self._timer = ""
        size = Box(self._canvas.winfo_width(), self._canvas.winfo_height())
        if size != self._size:
            self._size = size
            self._decoder.decode(self._path, size, rgb(self._look.palette.ground), partial(self._got, size))

    def _got(self, size: Box, got: Decoded | PreviewError | None) -> None:
        if not self.winfo_exists() or size != self._size or got is None:
            return
        canvas, middle = self._canvas, (size.width // 2, size.height // 2)
        canvas.delete("all")
        if isinstance(got, Decoded):
            self._image = tk.PhotoImage(master=self, data=got.ppm, format="ppm")
            canvas.create_image(*middle, image=self._image)
            self._about.configure(text=tr("{width} x {height} here", width=got.width, height=got.height))
        else:
            words = tr("{why}. The desktop's viewer may show it.", why=escape(str(got)))
            canvas.create_text(*middle, text=words, fill=self._look.palette.text, width=size.width * 0.8)
            self._about.configure(text="")
