"""Colours and sizes of the window, light and dark, on ttk's theme clam, which looks alike on every system."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass
from tkinter import font, ttk
from typing import Any

from slcpctl.view.people import State

BASE = 11  # points of the text of a message
DOTS = 96 / 72  # pixels of a point, as the sizes here are meant
AT_MOST = 4.0  # times larger: above it a display has lied about its size


@dataclass(frozen=True, slots=True)
class Palette:
    """One set of colours; text on its ground has a contrast of 4.5 at least (WCAG AA)."""

    ground: str
    side: str  # the ground of the list and the bars
    raised: str  # fields and buttons
    line: str
    text: str
    dim: str
    faint: str  # no text
    accent: str
    on_accent: str
    chosen: str  # the ground of what is chosen
    good: str
    bad: str
    warm: str  # away
    faces: tuple[str, ...]  # the grounds of people's marks, with white letters


FACES = ("#0f766e", "#1d4ed8", "#7e22ce", "#be185d", "#b45309", "#15803d", "#4338ca", "#9f1239")
LIGHT = Palette(
    ground="#ffffff",
    side="#f3f4f6",
    raised="#ffffff",
    line="#d1d5db",
    text="#111827",
    dim="#5b6472",
    faint="#d1d5db",
    accent="#1d4ed8",
    on_accent="#ffffff",
    chosen="#dbeafe",
    good="#15723a",
    bad="#b91c1c",
    warm="#b45309",
    faces=FACES,
)
DARK = Palette(
    ground="#17191e",
    side="#1f2228",
    raised="#2a2e36",
    line="#3a3f4a",
    text="#e6e8ec",
    dim="#a0a7b4",
    faint="#444a56",
    accent="#7aa5ff",
    on_accent="#0b1220",
    chosen="#2b3a58",
    good="#6fcf8f",
    bad="#ff8f87",
    warm="#f0b35e",
    faces=FACES,
)


class Look:
    """The palette in force, the fonts, and how many pixels a length takes."""

    def __init__(self, root: tk.Tk, dark: bool) -> None:
        self.palette = DARK if dark else LIGHT
        self._scale = min(max(float(root.tk.call("tk", "scaling")) / DOTS, 1.0), AT_MOST)
        family = str(font.nametofont("TkDefaultFont", root).actual("family"))
        fixed = str(font.nametofont("TkFixedFont", root).actual("family"))
        self.fonts = {
            "body": font.Font(root, family=family, size=BASE),
            "bold": font.Font(root, family=family, size=BASE, weight="bold"),
            "small": font.Font(root, family=family, size=BASE - 2),
            "title": font.Font(root, family=family, size=BASE + 3, weight="bold"),
            "badge": font.Font(root, family=family, size=BASE - 3, weight="bold"),
            "thin": font.Font(root, family=family, size=1),
            "fixed": font.Font(root, family=fixed, size=BASE - 1),
            "fixed bold": font.Font(root, family=fixed, size=BASE - 1, weight="bold"),
        }
        self._style(root)

    def px(self, length: float) -> int:
        """Return the pixels of a length that is given for a display of 96 dots an inch."""
        return round(length * self._scale)

    def text(self, parent: tk.Misc, name: str, **options: Any) -> tk.Text:
        """Make a text that cannot be typed in, on the ground of messages; the ring around it shows the keyboard."""
        palette = self.palette
        colours = {
            "background": palette.ground,
            "foreground": palette.text,
            "highlightbackground": palette.ground,
            "highlightcolor": palette.accent,
            "selectbackground": palette.accent,
            "selectforeground": palette.on_accent,
            "inactiveselectbackground": palette.chosen,
            "insertbackground": palette.text,
        }
        given = {
            **colours,
            "font": self.fonts["body"],
            "highlightthickness": self.px(2),
            "state": "disabled",
            **options,
        }
        return tk.Text(parent, name=name, wrap="word", borderwidth=0, **given)

    def face(self, handle: str) -> str:
        """Return the colour of a person: always the same."""
        faces = self.palette.faces
        return faces[sum(handle.encode(errors="replace")) % len(faces)]

    def presence(self, state: State) -> str:
        """Return the colour of a presence."""
        colours = {State.HERE: self.palette.good, State.AWAY: self.palette.warm}
        return colours.get(state, self.palette.dim)

    def shade(self, style: str) -> str:
        """Return the colour of a style of the lines that the daemon's answers become."""
        palette = self.palette
        return {"good": palette.good, "bad": palette.bad, "dim": palette.dim}.get(style, palette.text)

    def _style(self, root: tk.Tk) -> None:
        style, palette = ttk.Style(root), self.palette
        style.theme_use("clam")
        root.configure(background=palette.side)
        root.option_add("*TCombobox*Listbox.background", palette.raised)
        root.option_add("*TCombobox*Listbox.foreground", palette.text)
        style.configure(
            ".",
            background=palette.side,
            foreground=palette.text,
            fieldbackground=palette.raised,
            bordercolor=palette.line,
            lightcolor=palette.side,
            darkcolor=palette.side,
            troughcolor=palette.side,
            selectbackground=palette.accent,
            selectforeground=palette.on_accent,
            insertcolor=palette.text,
            focuscolor=palette.accent,
            font=self.fonts["body"],
        )
        style.map(".", background=[("disabled", palette.side)], foreground=[("disabled", palette.dim)])
        self._style_buttons(style)
        self._style_fields(style)
        self._style_scrollbars(style)
        self._style_labels(style)

    def _style_fields(self, style: ttk.Style) -> None:
        palette, px = self.palette, self.px
        for field in ("TEntry", "TCombobox", "TSpinbox"):
            style.configure(field, padding=px(6), lightcolor=palette.raised, darkcolor=palette.raised)
            style.map(field, bordercolor=[("focus", palette.accent)], lightcolor=[("focus", palette.accent)])
        style.map("TCombobox", fieldbackground=[("readonly", palette.raised)], foreground=[("readonly", palette.text)])
        edges = dict.fromkeys(("upperbordercolor", "lowerbordercolor"), palette.dim)
        style.configure("TCheckbutton", indicatorsize=px(14), padding=px(4), **edges)
        style.map(
            "TCheckbutton",
            background=[("active", palette.side)],
            indicatorbackground=[("selected", palette.accent), ("!selected", palette.raised)],
            indicatorforeground=[("selected", palette.on_accent), ("!selected", palette.raised)],
        )

    def _style_labels(self, style: ttk.Style) -> None:
        palette = self.palette
        labels: dict[str, dict[str, object]] = {
            "Title.TLabel": {"font": self.fonts["title"]},
            "Dim.TLabel": {"foreground": palette.dim},
            "Small.TLabel": {"foreground": palette.dim, "font": self.fonts["small"]},
            "Bad.TLabel": {"foreground": palette.bad},
            "Good.TLabel": {"foreground": palette.good},
            "Ground.TLabel": {"background": palette.ground},
            "Ground.TFrame": {"background": palette.ground},
            "Line.TFrame": {"background": palette.line},
            "Lost.TFrame": {"background": palette.bad},
            "Lost.TLabel": {"background": palette.bad, "foreground": palette.ground, "font": self.fonts["bold"]},
        }
        for name, about in labels.items():
            style.configure(name, **about)

    def _style_scrollbars(self, style: ttk.Style) -> None:
        """Leave of a scroll bar what shows where one is; nothing where all is seen."""
        palette = self.palette
        thumb: Any = ("Vertical.Scrollbar.thumb", {"expand": "1", "sticky": "nswe"})
        for name, ground in (("Vertical.TScrollbar", palette.side), ("Ground.Vertical.TScrollbar", palette.ground)):
            style.layout(name, [("Vertical.Scrollbar.trough", {"sticky": "ns", "children": [thumb]})])
            sides = dict.fromkeys(("troughcolor", "bordercolor", "lightcolor", "darkcolor"), ground)
            style.configure(name, background=palette.faint, arrowsize=self.px(10), gripcount=0, borderwidth=0, **sides)
            style.map(name, background=[("disabled", ground), ("active", palette.dim)])

    def _style_buttons(self, style: ttk.Style) -> None:
        palette, px = self.palette, self.px
        style.configure("TButton", background=palette.raised, padding=(px(10), px(5)), anchor="center", width=0)
        style.map(
            "TButton",
            background=[("active", palette.chosen), ("pressed", palette.chosen)],
            bordercolor=[("focus", palette.accent)],
            lightcolor=[("focus", palette.accent)],
            darkcolor=[("focus", palette.accent)],
            foreground=[("disabled", palette.dim)],
        )
        edges = dict.fromkeys(("bordercolor", "lightcolor", "darkcolor"), palette.accent)
        style.configure("Accent.TButton", background=palette.accent, foreground=palette.on_accent, **edges)
        style.map(
            "Accent.TButton",
            background=[("disabled", palette.faint), ("active", palette.accent)],
            foreground=[("disabled", palette.dim)],
            bordercolor=[("focus", palette.text)],
        )
        style.configure("Tool.TButton", background=palette.side, padding=(px(8), px(4)), width=0)
