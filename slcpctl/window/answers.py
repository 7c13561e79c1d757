"""What the daemon, or a typed command, answers: a line above the field, or a page in the place of the messages."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterable
from tkinter import ttk

from slcp.escaping import escape
from slcpctl.render import Line
from slcpctl.translating import tr
from slcpctl.window.pressing import bind_tab
from slcpctl.window.theme import Look

MOST_LINES = 4  # of a short answer, then it is cut


class Answers(tk.Frame):
    """Short answers, gone while there are none. They can be marked and copied."""

    def __init__(self, parent: tk.Misc, look: Look, name: str) -> None:
        super().__init__(parent, name=name)
        ground = {"background": look.palette.side, "highlightbackground": look.palette.side}
        self._lines = look.text(self, "lines", padx=look.px(14), pady=look.px(4), takefocus=False, height=1, **ground)
        self._lines.pack(fill="x")
        _style(self._lines, look, "body", "bold")
        self._told: list[Line] = []

    def tell(self, lines: Iterable[Line]) -> None:
        """Show these lines."""
        told = list(lines)
        if told != self._told:
            self._told = told
            self._lines.configure(height=min(max(len(told), 1), MOST_LINES))
            _write(self._lines, told)
        if told:
            self.grid()
        else:
            self.grid_remove()


class PageView(ttk.Frame):
    """A page, until Esc closes it."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        super().__init__(parent, name="page", style="Ground.TFrame")
        head = ttk.Frame(self, style="Ground.TFrame", padding=(look.px(14), look.px(10), look.px(14), 0))
        self._title = ttk.Label(head, style="Ground.TLabel", font=look.fonts["title"])
        self._title.pack(side="left")
        ttk.Label(head, text=tr("Esc closes"), style="Ground.TLabel", foreground=look.palette.dim).pack(side="right")
        head.pack(fill="x")
        self._lines = look.text(self, "lines", font=look.fonts["fixed"], padx=look.px(14), pady=look.px(8), width=10)
        bar = ttk.Scrollbar(self, command=self._lines.yview, takefocus=False, style="Ground.Vertical.TScrollbar")
        self._lines.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        self._lines.pack(side="left", fill="both", expand=True)
        _style(self._lines, look, "fixed", "fixed bold")
        bind_tab(self._lines)
        self._told: object = None

    def tell(self, page: tuple[str, Iterable[Line]] | None) -> None:
        """Show a title and lines; nothing without."""
        if page is None:
            self.grid_remove()
        elif page != self._told:
            self._title.configure(text=escape(page[0]))
            _write(self._lines, page[1])
        if page is not None:
            self.grid()
        self._told = page

    def scroll(self, pages: int) -> None:
        """Move by pages."""
        self._lines.yview_scroll(pages, "pages")


def _style(text: tk.Text, look: Look, font: str, bold: str) -> None:
    text.configure(font=look.fonts[font])
    for style in ("good", "bad", "dim"):
        text.tag_configure(style, foreground=look.shade(style))
    text.tag_configure("name", font=look.fonts[bold])
    text.tag_configure("faint", foreground=look.palette.faint)


def _write(text: tk.Text, lines: Iterable[Line]) -> None:
    text.configure(state="normal")
    text.delete("1.0", "end")
    for number, line in enumerate(lines):
        text.insert("end", "\n" * (number > 0))
        for style, words in line:
            text.insert("end", escape(words), (style,) if style else ())
    text.configure(state="disabled")
