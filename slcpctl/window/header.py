"""What stands above the messages: with whom, how that one is, how sure that is, and the words to search for."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Protocol

from slcpctl.translating import tr
from slcpctl.window.pressing import Do, bind_keys, button
from slcpctl.window.shown import Title
from slcpctl.window.theme import Look

STYLES = {"good": "Good.TLabel", "bad": "Bad.TLabel", "dim": "Dim.TLabel"}


class Does(Protocol):
    """What the user does here."""

    def open_keys(self) -> None:
        """Compare keys with whom the conversation is with."""

    def ask_to_block(self) -> None:
        """Ask whether to hear nothing more of whom the conversation is with."""


class Header(ttk.Frame):
    """The title, and its buttons."""

    def __init__(self, parent: tk.Misc, look: Look, search: Do, does: Does) -> None:
        super().__init__(parent, padding=(look.px(14), look.px(8)))
        made_search = button(self, "search", tr("Search"), search, "Tool.TButton")
        self._of_person = [
            button(self, "keys", tr("Keys…"), does.open_keys, "Tool.TButton"),
            button(self, "block", tr("Block…"), does.ask_to_block, "Tool.TButton"),
        ]
        for made in (*reversed(self._of_person), made_search):
            made.pack(side="right", padx=(look.px(6), 0))
        self._trust = ttk.Label(self, name="trust")
        self._name = ttk.Label(self, name="name", style="Title.TLabel")
        self._about = ttk.Label(self, name="about", style="Dim.TLabel")
        self._trust.pack(side="right", padx=look.px(6))
        self._name.pack(side="left")
        self._about.pack(side="left", padx=look.px(10))

    def show(self, title: Title, is_person: bool) -> None:
        """Show whom the conversation is with: a person, or everyone."""
        self._name.configure(text=title.name)
        self._about.configure(text=title.about)
        style, words = title.trust
        self._trust.configure(text=words, style=STYLES.get(style, "TLabel"))
        for made in self._of_person:
            made.state(("!disabled",) if is_person else ("disabled",))


class Searches(Protocol):
    """What the user does with a search."""

    def find(self, words: str) -> None:
        """Show what has these words."""

    def choose(self, steps: int) -> None:
        """Choose another hit."""

    def go_to_chosen(self) -> None:
        """Leave the search for the conversation, at the chosen hit."""


class SearchBar(ttk.Frame):
    """The words to search for; Enter goes to the chosen message, Esc closes."""

    def __init__(self, parent: tk.Misc, look: Look, searches: Searches) -> None:
        super().__init__(parent, padding=(look.px(14), 0, look.px(14), look.px(8)))
        self._words = tk.StringVar(self)
        self._sent = ""
        self._searches = searches
        ttk.Label(self, text=tr("Search:")).pack(side="left")
        self._found = ttk.Label(self, name="found", style="Dim.TLabel")
        self._found.pack(side="right")
        self._field = ttk.Entry(self, name="searched", textvariable=self._words, font=look.fonts["body"])
        self._field.pack(side="left", fill="x", expand=True, padx=look.px(8))
        hint = tr("↑ ↓ choose, Enter goes there, Esc closes")  # the last to be placed: it goes where there is no room
        ttk.Label(self, text=hint, style="Small.TLabel").pack(side="right", padx=look.px(10))
        self._words.trace_add("write", lambda *_: self._changed())
        keys = {"<Up>": lambda: searches.choose(-1), "<Down>": lambda: searches.choose(1)}
        bind_keys(self._field, {**keys, "<Return>": searches.go_to_chosen, "<KP_Enter>": searches.go_to_chosen})

    def open(self) -> None:
        """Be there, so that words can be typed at once."""
        self._sent = ""
        self._words.set("")
        self.grid()
        self.update_idletasks()

    def take_focus(self) -> None:
        """Let words be typed."""
        self._field.focus_set()
        self._field.selection_range(0, "end")

    def show(self, found: str, words: str) -> None:
        """Show how many were found."""
        self._found.configure(text=found)
        if words != self._sent and self.focus_get() is not self._field:
            self._sent = words
            self._words.set(words)

    def _changed(self) -> None:
        words = self._words.get()
        if words != self._sent:
            self._sent = words
            self._searches.find(words)
