"""The switch for being away, and the text that is answered meanwhile."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from slcpctl.translating import tr
from slcpctl.window.pressing import bind_keys
from slcpctl.window.theme import Look


class AwaySwitch(ttk.Frame):
    """A switch; while it is on, the text is below it."""

    def __init__(self, parent: tk.Misc, look: Look, set_: Callable[[str, object], object]) -> None:
        super().__init__(parent)
        self._set = set_
        self._is_away = tk.BooleanVar(self)
        self._text = tk.StringVar(self)
        self._known = ""
        words = tr("Away: answer for me")
        switch = ttk.Checkbutton(self, name="away", text=words, variable=self._is_away, command=self._switch)
        switch.pack(anchor="w")
        self._field = ttk.Entry(self, name="autoreply", textvariable=self._text, font=look.fonts["small"])
        self._gap = look.px(4)
        bind_keys(switch, {"<Return>": switch.invoke})
        bind_keys(self._field, {"<Return>": self._send})
        self._field.bind("<FocusOut>", lambda _: self._send())

    def show(self, is_away: bool, text: str) -> None:
        """Show how it is."""
        self._is_away.set(is_away)
        if text != self._known:
            self._known = text
            self._text.set(text)
        if is_away:
            self._field.pack(fill="x", pady=(self._gap, 0))
        else:
            self._field.pack_forget()

    def _switch(self) -> None:
        self._set("inactive", self._is_away.get())

    def _send(self) -> None:
        text = self._text.get()
        if text != self._known:
            self._known = text
            self._set("autoreply", text)
