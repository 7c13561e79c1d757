"""What the window shows before there is a daemon: the first run, the start, and why there is none."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from slcpctl.translating import tr
from slcpctl.window.pressing import bind_keys, button
from slcpctl.window.theme import Look


class Welcome(ttk.Frame):
    """One question or message in the middle of the window."""

    def __init__(self, parent: tk.Misc, look: Look, answer: Callable[[str], object]) -> None:
        super().__init__(parent, name="welcome")
        self._look, self._answer = look, answer
        self._inside = ttk.Frame(self, name="inside")
        self._inside.place(relx=0.5, rely=0.42, anchor="center")

    def ask_handle(self, proposed: str, wrong: str) -> None:
        """Ask how others shall see the user."""
        self._begin(tr("Welcome to slcp"))
        self._say(tr("Chat with the people on your local network, without any server."))
        self._say(tr("How shall others see you? One word, such as your first name; you can change it later."))
        handle = tk.StringVar(self, proposed)
        field = ttk.Entry(self._inside, name="handle", textvariable=handle, font=self._look.fonts["title"], width=24)
        field.pack(pady=self._look.px(12))
        bind_keys(field, dict.fromkeys(("<Return>", "<KP_Enter>"), lambda: self._answer(handle.get())))
        if wrong:
            self._say(wrong, "Bad.TLabel")
        self._button("begin", tr("Begin"), lambda: self._answer(handle.get()))
        field.selection_range(0, "end")
        field.icursor("end")
        self.update_idletasks()  # so that it can have the keyboard at once
        field.focus_set()

    def show_starting(self) -> None:
        """Say that the daemon starts."""
        self._begin(tr("One moment"))
        self._say(tr("The daemon, slcpd, starts. It finds people and takes messages, also while no window is open."))

    def show_failed(self, why: str) -> None:
        """Say why there is no daemon, and offer to try again."""
        self._begin(tr("The daemon does not run"))
        self._say(why, "Bad.TLabel")
        self._say(tr("`slcpctl logs` shows what it has written last."))
        self._button("again", tr("Try again"), lambda: self._answer("")).focus_set()

    def _begin(self, title: str) -> None:
        for widget in self._inside.winfo_children():
            widget.destroy()
        ttk.Label(self._inside, text=title, style="Title.TLabel").pack(pady=(0, self._look.px(12)))

    def _say(self, words: str, style: str = "TLabel") -> None:
        wide = self._look.px(560)
        label = ttk.Label(self._inside, text=words, style=style, wraplength=wide, justify="center")
        label.pack(pady=self._look.px(4))

    def _button(self, name: str, words: str, do: Callable[[], object]) -> ttk.Button:
        made = button(self._inside, name, words, do, "Accent.TButton")
        made.pack(pady=self._look.px(12))
        return made
