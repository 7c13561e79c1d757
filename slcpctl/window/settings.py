"""The settings: every key of the configuration, its value, and where that comes from."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from slcp.client import Json
from slcp.config import KEYS, LOG_LEVELS
from slcp.errors import SlcpError
from slcp.trust import Security
from slcpctl.translating import tr
from slcpctl.window.dialogs import Dialog
from slcpctl.window.keys import Request
from slcpctl.window.theme import Look

CHOICES = {"security": tuple(map(str, Security)), "log_level": LOG_LEVELS}
SOURCES = {
    "default": tr("default"),
    "config file": tr("config file"),
    "settings": tr("set by you"),
    "environment": tr("environment: cannot be changed here"),
    "command line": tr("command line: cannot be changed here"),
}
FIXED = ("environment", "command line")  # sources that lie above what can be set


class Settings(Dialog):
    """One row a key; a change is sent when its field is left, or on Enter."""

    def __init__(self, parent: tk.Misc, look: Look, config: Json, request: Request) -> None:
        super().__init__(parent, look, "dialog_settings", tr("Settings"))
        self._request = request
        self._rows: dict[str, _Row] = {}
        ttk.Label(self.body, text=tr("Settings"), style="Title.TLabel").pack(anchor="w")
        words = tr("A change holds at once, unless it says otherwise. “Reset” goes back to the config file.")
        ttk.Label(self.body, text=words, style="Small.TLabel").pack(anchor="w", pady=(0, look.px(8)))
        inside = self._scrolled()
        for key, entry in config.items():
            row = _Row(inside, look, key, entry, self._set)
            row.pack(fill="x", pady=(0, look.px(10)))
            self._rows[key] = row
        self.wrong.pack(anchor="w", pady=(look.px(8), 0))
        buttons = self.buttons(("close", tr("Close"), self.close, "TButton"))
        buttons.pack(fill="x", pady=(look.px(8), 0))
        self.open(self._rows[next(iter(config))].field)

    def _scrolled(self) -> ttk.Frame:
        """Make a frame that can be larger than the dialog; what has the keyboard is scrolled into sight."""
        frame = ttk.Frame(self.body)
        frame.pack(fill="both", expand=True)
        px = self.look.px
        self._canvas = canvas = tk.Canvas(
            frame, width=px(540), height=px(430), highlightthickness=0, background=self.look.palette.side
        )
        bar = ttk.Scrollbar(frame, command=canvas.yview, takefocus=False)
        canvas.configure(yscrollcommand=bar.set)
        canvas.pack(side="left", fill="both", expand=True)
        bar.pack(side="right", fill="y")
        self._inside = inside = ttk.Frame(canvas, padding=(0, 0, px(12), 0))
        window = canvas.create_window(0, 0, window=inside, anchor="nw")
        inside.bind("<Configure>", lambda _: canvas.configure(scrollregion=canvas.bbox("all")))
        canvas.bind("<Configure>", lambda event: canvas.itemconfigure(window, width=event.width))
        self.bind("<FocusIn>", self._follow_focus)
        self.bind("<MouseWheel>", lambda event: canvas.yview_scroll(-event.delta // 120, "units"))
        self.bind("<Button-4>", lambda _: canvas.yview_scroll(-2, "units"))
        self.bind("<Button-5>", lambda _: canvas.yview_scroll(2, "units"))
        return inside

    def _follow_focus(self, event: tk.Event[tk.Misc]) -> None:
        if not str(event.widget).startswith(f"{self._inside}."):
            return
        y = event.widget.winfo_rooty() - self._inside.winfo_rooty()
        top, height = self._canvas.canvasy(0), self._canvas.winfo_height()
        if not top <= y <= top + height - event.widget.winfo_height():
            self._canvas.yview_moveto(max(y - height / 3, 0) / max(self._inside.winfo_height(), 1))

    def _set(self, key: str, value: object) -> None:
        self._request("set_config", {"key": key, "value": value}, lambda result: self._was_set(key, result))

    def _was_set(self, key: str, result: Json | SlcpError) -> None:
        if not self.winfo_exists():
            return
        if isinstance(result, SlcpError):
            self.say(str(result))
            self._rows[key].mark(True)
            return
        self._rows[key].show(result)
        self.say(tr("{key} works after `slcpctl stop` and `slcpctl start`.", key=key) * result["needs_restart"])


class _Row(ttk.Frame):
    """One key."""

    def __init__(
        self, parent: tk.Misc, look: Look, key: str, entry: Json, set_: Callable[[str, object], object]
    ) -> None:
        super().__init__(parent, name=f"key_{key}")
        self._key, self._set, self._look = key, set_, look
        self._words = tk.StringVar(self)
        self._is_on = tk.BooleanVar(self)
        self._sent = ""
        self._source = ttk.Label(self, style="Small.TLabel")
        self._reset = ttk.Button(self, name="reset", text=tr("Reset"), command=lambda: set_(key, None))
        self.field = self._field(entry["value"])
        self.columnconfigure(1, weight=1)
        ttk.Label(self, text=key, width=16).grid(row=0, column=0, sticky="w")
        self.field.grid(row=0, column=1, sticky="ew")
        self._reset.grid(row=0, column=2, padx=(look.px(8), 0))
        about = tr(KEYS[key].comment) if key in KEYS else ""
        ttk.Label(self, text=about, style="Small.TLabel", wraplength=look.px(500)).grid(
            row=1, column=0, columnspan=3, sticky="w"
        )
        self._source.grid(row=2, column=0, columnspan=3, sticky="w")
        self.show(entry)

    def show(self, entry: Json) -> None:
        """Show a value, and where it comes from."""
        value, source = entry["value"], entry["source"]
        self._sent = words = ", ".join(value) if isinstance(value, list) else str(value)
        self._words.set(words)
        self._is_on.set(value is True)
        self.mark(False)
        self._source.configure(text=tr("from: {source}", source=SOURCES.get(source, source)))
        self.field.state(("disabled",) if source in FIXED else ("!disabled",))
        self._reset.configure(state="normal" if source == "settings" else "disabled")

    def mark(self, wrong: bool) -> None:
        """Mark it as the one that is wrong, or as right."""
        self._source.configure(style="Bad.TLabel" if wrong else "Small.TLabel")

    def _field(self, value: object) -> ttk.Widget:
        if isinstance(value, bool):
            return ttk.Checkbutton(
                self, name="field", variable=self._is_on, command=lambda: self._set(self._key, self._is_on.get())
            )
        if self._key in CHOICES:
            choice = ttk.Combobox(
                self, name="field", textvariable=self._words, values=CHOICES[self._key], state="readonly"
            )
            choice.bind("<<ComboboxSelected>>", lambda _: self._send())
            return choice
        entry = ttk.Entry(self, name="field", textvariable=self._words, font=self._look.fonts["body"])
        entry.bind("<Return>", lambda _: self._send())
        entry.bind("<FocusOut>", lambda _: self._send())
        return entry

    def _send(self) -> None:
        words = self._words.get()
        if words != self._sent:
            self._sent = words
            self._set(self._key, words)
