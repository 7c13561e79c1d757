"""What all dialogs have: a place in front of the window, keys to close them, a line that says what is wrong."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from contextlib import suppress
from tkinter import ttk

from slcpctl.translating import tr
from slcpctl.window.pressing import button
from slcpctl.window.theme import Look


class Dialog(tk.Toplevel):
    """A window in front of the window. Esc closes it; the keyboard stays in it."""

    def __init__(self, parent: tk.Misc, look: Look, name: str, title: str) -> None:
        super().__init__(parent, name=name, background=look.palette.side, highlightthickness=1)
        self.configure(highlightbackground=look.palette.line, highlightcolor=look.palette.line)
        self.withdraw()
        self.look = look
        self.title(title)
        self.transient(parent.winfo_toplevel())
        self.body = ttk.Frame(self, padding=look.px(16))
        self.body.pack(fill="both", expand=True)
        self.wrong = ttk.Label(self.body, name="wrong", style="Bad.TLabel", wraplength=look.px(460))
        self._before = parent.focus_get()
        self.bind("<Escape>", lambda _: self.close())
        self.protocol("WM_DELETE_WINDOW", self.close)

    def open(self, first: tk.Widget) -> None:
        """Show it in the middle of its parent; `first` gets the keyboard."""
        self.update_idletasks()
        above = self.master.winfo_toplevel()
        x = above.winfo_rootx() + (above.winfo_width() - self.winfo_reqwidth()) // 2
        y = above.winfo_rooty() + (above.winfo_height() - self.winfo_reqheight()) // 3
        self.geometry(f"+{max(x, 0)}+{max(y, 0)}")
        self.deiconify()
        with suppress(tk.TclError):  # closed meanwhile, or another of its kind took its place
            self.wait_visibility()
            self.grab_set()
            first.focus_force()  # where no window manager gives it the keyboard

    def close(self) -> None:
        """Close it; the keyboard goes back to where it was."""
        self.grab_release()
        self.destroy()
        if self._before is not None and self._before.winfo_exists():
            self._before.focus_set()

    def say(self, words: str) -> None:
        """Say what is wrong, or with "" that nothing is."""
        self.wrong.configure(text=words)

    def buttons(self, *rows: tuple[str, str, Callable[[], object], str]) -> ttk.Frame:
        """Make a line of buttons at the right end: name, words, what it does, style."""
        frame = ttk.Frame(self.body)
        made = [button(frame, *row) for row in rows]
        for each in reversed(made):
            each.pack(side="right", padx=(self.look.px(8), 0))
        return frame


class Question(Dialog):
    """A question that is answered by doing it or not."""

    def __init__(
        self, parent: tk.Misc, look: Look, title: str, words: str, do: tuple[str, Callable[[], object]]
    ) -> None:
        super().__init__(parent, look, "question", title)
        self._do = do[1]
        ttk.Label(self.body, text=words, wraplength=look.px(420)).pack(anchor="w", pady=(0, look.px(16)))
        buttons = self.buttons(("no", tr("Cancel"), self.close, "TButton"), ("yes", do[0], self._yes, "Accent.TButton"))
        buttons.pack(fill="x")
        self.open(buttons.nametowidget("no"))

    def _yes(self) -> None:
        self.close()
        self._do()
