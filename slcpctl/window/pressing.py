"""How keys, the wheel and buttons are bound, alike in all of the window and on every system."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from tkinter import ttk

Do = Callable[[], object]

NOTCH = 120  # of an event's delta: one step of a wheel, on Windows and macOS


def bind_keys(widget: tk.Misc, keys: Mapping[str, Do]) -> None:
    """Let keys do something, in the place of what Tk does by itself."""
    for key, do in keys.items():
        widget.bind(key, _instead(do))


def _instead(do: Do) -> Callable[[tk.Event[tk.Misc]], str]:
    def pressed(_: tk.Event[tk.Misc]) -> str:
        do()
        return "break"

    return pressed


def bind_wheel(widget: tk.Misc, scroll: Callable[[float], object]) -> None:
    """Let the wheel scroll: so many steps, down if positive."""

    def turned(event: tk.Event[tk.Misc]) -> str:
        scroll(-event.delta / NOTCH)
        return "break"

    widget.bind("<MouseWheel>", turned)
    bind_keys(widget, {"<Button-4>": lambda: scroll(-1), "<Button-5>": lambda: scroll(1)})  # of X11


def bind_tab(text: tk.Text) -> None:
    """Let Tab leave a text, as it leaves every other part; Tk would insert it."""
    bind_keys(text, {"<Tab>": lambda: _go(text.tk_focusNext()), "<Shift-Tab>": lambda: _go(text.tk_focusPrev())})


def _go(widget: tk.Misc | None) -> None:
    if widget is not None:
        widget.focus_set()


def button(parent: tk.Misc, name: str, words: str, do: Do, style: str = "TButton") -> ttk.Button:
    """Make a button that Enter presses too."""
    made = ttk.Button(parent, name=name, text=words, command=do, style=style)
    bind_keys(made, {"<Return>": made.invoke, "<KP_Enter>": made.invoke})
    return made
