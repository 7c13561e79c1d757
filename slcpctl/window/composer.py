"""Where texts are written in the window, and images are put before they are sent."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk
from typing import NamedTuple

from slcp.escaping import escape
from slcpctl.conversing.shell_words import quoted
from slcpctl.render import size
from slcpctl.translating import tr, trn
from slcpctl.window.pressing import bind_keys, bind_tab, button
from slcpctl.window.theme import Look

MOST_LINES = 6  # of the field; then it scrolls
MOST_NAMED = 4  # images that are named in front of the field


class Draft(NamedTuple):
    """What is not sent yet."""

    text: str = ""
    images: tuple[str, ...] = ()  # paths


class Composer(ttk.Frame):
    """The field, the buttons beside it, and images that go out with the next message; a draft for each recipient."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        send: Callable[[str, str | None], object],
        choose_images: Callable[[], object],
        paste: Callable[[], bool],
    ) -> None:
        """`send` takes a line and for whom it is; `paste` returns whether the clipboard has images."""
        super().__init__(parent, padding=(look.px(12), look.px(8), look.px(12), look.px(4)))
        self._look, self._send_line, self._paste = look, send, paste
        self._to: str | None = None
        self._images: tuple[str, ...] = ()
        self._drafts: dict[str | None, Draft] = {}
        self._returned: dict[str | None, list[str]] = {}  # lines that could not be sent, by recipient
        palette, px = look.palette, look.px
        button(self, "images", tr("Image…"), choose_images).grid(row=1, column=0, padx=(0, px(8)))
        self._attached = ttk.Label(self, name="attached", style="Small.TLabel")
        self.text = look.text(
            self,
            "message",
            state="normal",
            undo=True,
            height=1,
            width=10,
            padx=px(8),
            pady=px(6),
            background=palette.raised,
            highlightbackground=palette.line,
        )
        self.columnconfigure(1, weight=1)
        self.text.grid(row=1, column=1, sticky="ew")
        button(self, "send", tr("Send"), self._send, "Accent.TButton").grid(row=1, column=2, padx=(px(8), 0))
        self._bind()

    def turn_to(self, to: str | None) -> None:
        """Write to another one: what was begun for the one before is kept for then."""
        if to != self._to:
            self._keep(Draft(self._line, self._images))
            self._to = to
            self._set(self._drafts.pop(to, Draft()))
            self._offer_returned()

    def give_back(self, to: str | None, line: str) -> None:
        """Let a line be written on that could not be sent to someone, when nothing else is begun."""
        self._returned.setdefault(to, []).append(line)
        self._offer_returned()

    def attach(self, paths: tuple[str, ...]) -> None:
        """Put images in front of the next message."""
        self._show_images((*self._images, *(path for path in paths if path not in self._images)))
        self.text.focus_set()

    def detach(self) -> bool:
        """Take the images back; return whether there were any."""
        had = bool(self._images)
        self._show_images(())
        return had

    @property
    def _line(self) -> str:
        return self.text.get("1.0", "end-1c")

    def _keep(self, draft: Draft) -> None:
        if draft != Draft():
            self._drafts[self._to] = draft

    def _offer_returned(self) -> None:
        lines = self._returned.get(self._to)
        if lines and not self._line:
            self._set(Draft(lines.pop(0), self._images))

    def _set(self, draft: Draft) -> None:
        self.text.delete("1.0", "end")
        self.text.insert("1.0", draft.text)
        self.text.edit_reset()
        self._show_images(draft.images)
        self._fit()

    def _show_images(self, paths: tuple[str, ...]) -> None:
        self._images = paths
        named = [f"{escape(Path(path).name)} ({_size(path)})" for path in paths[:MOST_NAMED]]
        unnamed = len(paths) - MOST_NAMED
        more = [trn("{count} more", "{count} more", unnamed)] if unnamed > 0 else []
        words = tr("With it: {images}   (Esc takes them back)", images=", ".join(named + more))
        self._attached.configure(text=words if paths else "")
        if paths:
            self._attached.grid(row=0, column=1, columnspan=2, sticky="w", pady=(0, self._look.px(4)))
        else:
            self._attached.grid_remove()

    def _bind(self) -> None:
        text = self.text
        bind_keys(text, dict.fromkeys(("<Return>", "<KP_Enter>"), self._send))
        new_line = ("<Shift-Return>", "<Control-Return>", "<Alt-Return>", "<Shift-KP_Enter>")
        bind_keys(text, dict.fromkeys(new_line, self._begin_line))
        bind_keys(text, {"<Control-a>": lambda: text.tag_add("sel", "1.0", "end-1c")})
        bind_tab(text)
        text.bind("<<Paste>>", self._pasted)
        for event in ("<<Modified>>", "<Configure>"):
            text.bind(event, lambda _: self._fit())

    def _send(self) -> None:
        line, images = self._line, self._images
        if images:
            self._send_line("/img " + " ".join(map(quoted, images)), self._to)
        if line.strip():
            self._send_line(line, self._to)
        if images or line.strip():
            self._set(Draft())
            self._offer_returned()

    def _begin_line(self) -> None:
        self.text.insert("insert", "\n")
        self.text.see("insert")

    def _pasted(self, _: tk.Event[tk.Text]) -> str | None:
        """Take images and files of the clipboard; a text is pasted as Tk does it."""
        return "break" if self._paste() else None

    def _fit(self) -> None:
        """Be as high as what is written."""
        self.text.edit_modified(False)
        lines = int(str(self.text.tk.call(str(self.text), "count", "-displaylines", "1.0", "end")))
        self.text.configure(height=min(max(lines, 1), MOST_LINES))


def _size(path: str) -> str:
    try:
        return size(Path(path).stat().st_size)
    except OSError as error:
        return error.strerror or ""
