"""The list of people in the window: drawn as far as it is seen, so that any number of them is."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import font as tkfont
from tkinter import ttk

from slcp.escaping import escape
from slcpctl.conversing.wording import NAME, PRESENCE
from slcpctl.translating import tr
from slcpctl.view.people import Person, State
from slcpctl.window.faces import Faces
from slcpctl.window.pressing import bind_keys, bind_wheel
from slcpctl.window.theme import Look

ROW, FACE, PAD = 46, 32, 10  # lengths of a row
STEPS = {"<Up>": -1, "<Down>": 1, "<Prior>": -10, "<Next>": 10, "<Home>": -1 << 30, "<End>": 1 << 30}
MOST_SHOWN = 99  # unread messages; above it a plus


class PeopleList(ttk.Frame):
    """Everyone, and each person: a mark, the presence, the name, what is unread."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        faces: Faces,
        choose: Callable[[str | None], object],
        write: Callable[[], object],
    ) -> None:
        """`choose` opens a conversation, `write` lets the keys go to where it is gone on with."""
        super().__init__(parent)
        self._look, self._faces, self._choose, self._write = look, faces, choose, write
        self._people: list[Person] = []
        self._to: str | None = None
        self._here = 0
        self._first = 0  # pixels above what is seen
        self._drawn: object = None  # what was drawn last
        self._canvas = tk.Canvas(
            self,
            name="people",
            background=look.palette.side,
            highlightthickness=look.px(2),
            highlightbackground=look.palette.side,
            highlightcolor=look.palette.accent,
            borderwidth=0,
            takefocus=True,
            width=look.px(220),
        )
        self._bar = ttk.Scrollbar(self, command=self._drag, takefocus=False)
        self._canvas.pack(side="left", fill="both", expand=True)
        self._bar.pack(side="right", fill="y")
        self._bind()

    def show(self, people: list[Person], here: int, to: str | None) -> None:
        """Show these; `to` is open."""
        is_other = to != self._to
        self._people, self._here, self._to = people, here, to
        if is_other:
            self._see(self._index())
        self._draw()

    @property
    def _names(self) -> list[str | None]:
        return [None, *(person.handle for person in self._people)]

    def _index(self) -> int:
        names = self._names
        return names.index(self._to) if self._to in names else 0

    def _bind(self) -> None:
        canvas = self._canvas
        canvas.bind("<Configure>", lambda _: self._redraw())
        canvas.bind("<FocusIn>", lambda _: self._redraw())
        canvas.bind("<FocusOut>", lambda _: self._redraw())
        canvas.bind("<Button-1>", self._click)
        bind_keys(canvas, {key: partial(self._step, steps) for key, steps in STEPS.items()})
        bind_keys(canvas, {"<Return>": self._write, "<KP_Enter>": self._write})
        bind_wheel(canvas, lambda steps: self._scroll(steps * self._row))

    @property
    def _row(self) -> int:
        return self._look.px(ROW)

    def _click(self, event: tk.Event[tk.Canvas]) -> None:
        index = (event.y + self._first) // self._row
        if 0 <= index <= len(self._people):
            self._open(index)
            self._write()

    def _step(self, steps: int) -> None:
        self._open(min(max(self._index() + steps, 0), len(self._people)))

    def _open(self, index: int) -> None:
        """Show at once who is open now; the messages follow."""
        self._to = self._names[index]
        self._see(index)
        self._draw()
        self._choose(self._to)

    def _drag(self, what: str, number: str, *unit: str) -> None:
        height = (len(self._people) + 1) * self._row
        if what == "moveto":
            self._first = round(float(number) * height)
            self._scroll(0)
        else:
            self._scroll(int(number) * (self._canvas.winfo_height() if unit == ("pages",) else self._row))

    def _scroll(self, pixels: float) -> None:
        self._first += round(pixels)
        self._redraw()

    def _see(self, index: int) -> None:
        top, height = index * self._row, self._canvas.winfo_height()
        self._first = min(max(self._first, top + self._row - height), top)

    def _redraw(self) -> None:
        self._drawn = None
        self._draw()

    def _draw(self) -> None:
        canvas, row = self._canvas, self._row
        width, height, all_rows = canvas.winfo_width(), canvas.winfo_height(), (len(self._people) + 1) * row
        self._first = max(min(self._first, all_rows - height), 0)
        first = self._first // row
        seen = [None, *self._people][first : first + height // row + 2]
        drawn = (seen, self._first, self._to, self._here)
        self._bar.set(self._first / all_rows, (self._first + height) / all_rows)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        canvas.delete("all")
        for index, person in enumerate(seen, first):
            self._draw_row(person, index * row - self._first, width)

    def _draw_row(self, person: Person | None, y: int, width: int) -> None:
        look, px, canvas = self._look, self._look.px, self._canvas
        handle = person.handle if person else None
        is_open = handle == self._to
        ground = look.palette.chosen if is_open else look.palette.side
        if is_open:
            canvas.create_rectangle(0, y, width, y + self._row, fill=ground, outline="")
        middle, left = y + self._row // 2, px(PAD)
        state = person.state if person else State.GONE
        face = self._faces.of("*" if person is None else person.handle, px(FACE), state)
        canvas.create_image(left, middle, image=face, anchor="w")
        self._draw_names(person, left + px(FACE) + px(PAD) + px(2), middle, width)

    def _draw_names(self, person: Person | None, x: int, middle: int, width: int) -> None:
        palette, fonts, px = self._look.palette, self._look.fonts, self._look.px
        unread = person.unread if person else 0
        right = width - px(PAD)
        if unread:
            right = self._draw_unread(unread, right, middle)
        words = _about(person, self._here)
        colour = palette.dim if person and person.state is State.GONE and not unread else palette.text
        font = fonts["bold"] if unread else fonts["body"]
        name = NAME if person is None else escape(person.handle)
        offset = px(8) if words else 0
        room = right - x - px(4)
        self._canvas.create_text(x, middle - offset, text=cut(name, font, room), font=font, fill=colour, anchor="w")
        if words:
            small = fonts["small"]
            text = cut(words, small, room)
            self._canvas.create_text(x, middle + px(9), text=text, font=small, fill=palette.dim, anchor="w")

    def _draw_unread(self, unread: int, right: int, middle: int) -> int:
        words = str(unread) if unread <= MOST_SHOWN else f"{MOST_SHOWN}+"
        font, px = self._look.fonts["badge"], self._look.px
        half = px(9)
        left = right - max(font.measure(words) + px(10), 2 * half)
        colour = self._look.palette.accent
        for box in ((left, left + 2 * half), (right - 2 * half, right)):
            self._canvas.create_oval(box[0], middle - half, box[1], middle + half, fill=colour, outline=colour)
        self._canvas.create_rectangle(
            left + half, middle - half, right - half, middle + half, fill=colour, outline=colour
        )
        on = self._look.palette.on_accent
        self._canvas.create_text((left + right) / 2, middle, text=words, font=font, fill=on)
        return left


def _about(person: Person | None, here: int) -> str:
    if person is None:
        return tr("{count} here", count=here) if here else ""
    return "" if person.state in (State.HERE, State.GONE) else PRESENCE[person.state]


def cut(text: str, font: tkfont.Font, room: int) -> str:
    """Cut a text that is too wide, with an ellipsis at its end."""
    if font.measure(text) <= room:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.measure(text[:middle] + "…") <= room else (low, middle - 1)
    return text[:low] + "…"
