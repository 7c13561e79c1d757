"""The messages of a conversation in the window: a text in which only what has changed is written anew."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from tkinter import ttk
from typing import Any, Protocol

from slcpctl.window.blocks import Block, Face, Link, Picture, Run
from slcpctl.window.faces import Faces
from slcpctl.window.pressing import bind_keys, bind_tab, bind_wheel
from slcpctl.window.shown import Shown
from slcpctl.window.theme import Look
from slcpctl.window.thumbnails import Thumbnails

FACE, PAD, INDENT = 32, 14, 60  # lengths: a mark, the margin, and where texts begin
WHEEL = 48  # pixels of one step of the wheel, at 96 dots an inch
CLICK = "click"  # where there is nothing else to be done
SEQ, VERB = "seq-", "do-"  # begin the names of tags: which message it is, what a click does with it
KEYS = {"Return": "show", "KP_Enter": "show", "space": "show", "o": "open", "s": "save", "r": "retry", "x": "cancel"}


class Does(Protocol):
    """What the user does with messages."""

    def saw(self, pane: int, first: int, last: int, at_end: bool) -> None:
        """Take note of what is seen."""

    def do(self, verb: str, seq: int | None = None) -> None:
        """Do something with a message, without a number the chosen one."""

    def choose(self, steps: int) -> None:
        """Choose another message."""

    def to_newest(self) -> None:
        """See the newest message."""


class Transcript(ttk.Frame):
    """A text that cannot be typed in, with its scroll bar."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        faces: Faces,
        thumbnails: Thumbnails,
        does: Does,
        write: Callable[[str], object],
    ) -> None:
        """`write` takes a character that is typed here: it begins a message."""
        super().__init__(parent, style="Ground.TFrame")
        self._look, self._faces, self._thumbnails, self._does, self._write_text = look, faces, thumbnails, does, write
        self._blocks: list[Block] = []
        self._pane = self._moved = 0
        self._is_newest = False  # the last block is the newest message
        self._follows = True  # the end is seen, and is to be
        self._reported: object = None
        self._is_planned = False
        self._has_choice = False  # or will have: it is made in another thread
        self._pressed: tuple[str, int] | None = None  # what the mouse went down on
        self._text = look.text(self, "messages", cursor="arrow", pady=look.px(8), width=20, height=4)
        self._bar = ttk.Scrollbar(self, command=self._drag, takefocus=False, style="Ground.Vertical.TScrollbar")
        self._text.configure(yscrollcommand=self._scrolled)
        self._bar.pack(side="right", fill="y")
        self._text.pack(side="left", fill="both", expand=True)
        self._style()
        self._bind()

    def choose(self, steps: int) -> None:
        """Choose a message so many steps below; the keys go here, and what is pressed next is for that message."""
        self._text.focus_set()
        self._has_choice = True
        self._does.choose(steps)

    # What is shown

    def show(self, what: Shown) -> None:
        """Show the messages of a conversation; stay where the user is, or follow the newest."""
        if what.pane != self._pane:
            self._clear()
            self._pane, self._moved, self._reported, self._follows = what.pane, what.moved, None, True
        self._is_newest = what.is_newest
        self._text.configure(state="normal")
        self._write(what)
        self._text.configure(state="disabled")
        self._mark(what.chosen)
        self._has_choice = what.chosen is not None
        if what.moved != self._moved:
            self._moved = what.moved
            self._move_to(what.chosen)
        self.stay()
        self._plan()

    def stay(self) -> None:
        """Be at the end still, if it was followed: what is shown has grown."""
        if self._follows:
            self._text.yview_moveto(1.0)

    def scroll(self, pages: int) -> None:
        """Move by pages, down if positive."""
        self._text.yview_scroll(pages, "pages")
        self._moved_by_user()

    def _clear(self) -> None:
        self._text.configure(state="normal")
        self._text.delete("1.0", "end")
        for block in self._blocks:
            self._text.tag_delete(_tag(block.seq))
        self._blocks = []

    def _write(self, what: Shown) -> None:
        """Write what differs from what stands there."""
        if what.empty:
            self._clear()
            self._text.insert("end", "\n" + "\n\n".join(what.empty), ("empty",))
        elif tuple(self._blocks) != what.blocks:
            if not self._blocks:
                self._clear()  # of what is said where nothing is
            self._hold(what.blocks)
        self._thumbnails.keep(path for block in self._blocks for path in _paths(block))

    def _hold(self, blocks: tuple[Block, ...]) -> None:
        """Write blocks in the place of those that stand there; what is seen stays where it is."""
        text = self._text
        seq = self._seq_at("@0,0", 0)
        top = text.dlineinfo("@0,0")
        inside = text.count(f"{_tag(seq)}.first", "@0,0", "indices") if seq else None
        self._replace(blocks)
        if top and not self._follows and text.tag_ranges(_tag(seq)):
            text.yview(f"{_tag(seq)}.first + {inside[0] if inside else 0} indices")
            if now := text.dlineinfo("@0,0"):
                text.yview_scroll(now[1] - top[1], "pixels")

    def _replace(self, blocks: tuple[Block, ...]) -> None:
        old = {block.seq: block for block in self._blocks}
        kept = {block.seq for block in blocks if old.get(block.seq) == block}
        for seq in old.keys() - kept:
            self._text.delete(f"{_tag(seq)}.first", f"{_tag(seq)}.last")
            self._text.tag_delete(_tag(seq))
        place = "1.0"
        for is_kept, group in groupby(blocks, key=lambda block: block.seq in kept):
            row = list(group)
            if not is_kept:
                self._insert(place, row)
            place = f"{_tag(row[-1].seq)}.last"
        self._blocks = list(blocks)

    def _insert(self, place: str, blocks: list[Block]) -> None:
        """Write blocks in a row: their texts all at once, for each call of Tk takes its time; then what is in them."""
        self._text.insert(place, *(words for block in blocks for words in _texts(block)))
        for block in blocks:
            length = 0
            for piece in block.pieces:
                if isinstance(piece, Run | Link):
                    length += len(piece.text)
                else:
                    self._embed(f"{_tag(block.seq)}.first + {length} indices", piece)
                    length += 1

    def _embed(self, place: str, piece: Face | Picture) -> None:
        """Put an image within a text; it has the tags of what is around it."""
        gap = self._look.px(2)
        if isinstance(piece, Face):
            self._text.image_create(place, image=self._faces.of(piece.handle, self._look.px(FACE)), pady=gap)
        else:
            place = self._text.index(place)
            self._text.image_create(place, image=self._thumbnails.of(piece.path), pady=gap)
            self._text.tag_add(f"{VERB}show", place)

    # Where it is

    def _mark(self, chosen: int | None) -> None:
        self._text.tag_remove("chosen", "1.0", "end")
        if chosen is not None and (ends := self._text.tag_ranges(_tag(chosen))):
            self._text.tag_add("chosen", ends[0], ends[-1])

    def _move_to(self, chosen: int | None) -> None:
        """See the chosen message; the end if none is."""
        self._follows = chosen is None
        if chosen is not None and (ends := self._text.tag_ranges(_tag(chosen))):
            self._text.see(f"{ends[-1]} - 1 chars")
            self._text.see(ends[0])
            self._follows = self._sees_end()

    def _scrolled(self, first: float, last: float) -> None:
        self._bar.set(first, last)
        self._plan()

    def _drag(self, *words: str) -> None:
        self._text.yview(*words)
        self._moved_by_user()

    def _moved_by_user(self) -> None:
        """Take note that the user has scrolled: from now on the end is followed only if it is seen."""
        self._follows = self._sees_end()
        self._plan()

    def _sees_end(self) -> bool:
        return self._is_newest and self._text.dlineinfo("end - 2 chars") is not None

    def _plan(self) -> None:
        if not self._is_planned:
            self._is_planned = True
            self.after_idle(self._report)

    def _report(self) -> None:
        """Tell which messages are seen, and have their pictures drawn."""
        self._is_planned = False
        if not self._blocks:
            return
        first = self._seq_at("@0,0", self._blocks[0].seq)
        last = self._seq_at(f"@0,{self._text.winfo_height()}", self._blocks[-1].seq)
        seen = (block for block in self._blocks if first <= block.seq <= last)
        self._thumbnails.draw(path for block in seen for path in _paths(block))
        report = self._pane, first, last, self._follows
        if (*report, self._blocks[0].seq, self._blocks[-1].seq) != self._reported:
            self._reported = (*report, self._blocks[0].seq, self._blocks[-1].seq)
            self._does.saw(*report)

    def _seq_at(self, place: str, otherwise: int) -> int:
        """Return which message stands at a place; at the very end there is none."""
        tags = self._text.tag_names(place)
        return next((int(tag.removeprefix(SEQ)) for tag in tags if tag.startswith(SEQ)), otherwise)

    # Looks and keys

    def _style(self) -> None:
        palette, fonts, px = self._look.palette, self._look.fonts, self._look.px
        indent, pad = px(INDENT), px(PAD)
        middle = {"font": fonts["small"], "justify": "center", "spacing3": px(6)}
        styles: dict[str, dict[str, Any]] = {
            "head": {"lmargin1": pad, "spacing1": px(8), "tabs": (indent,), "rmargin": pad},
            "name": {"font": fonts["bold"]},
            "time": {"font": fonts["small"], "foreground": palette.dim},
            "body": {"lmargin1": indent, "lmargin2": indent, "rmargin": pad, "spacing1": px(2), "spacing3": px(1)},
            "small": {"font": fonts["small"]},
            "thin": {"font": fonts["thin"]},  # a line is as high as the picture in it
            "strong": {"font": fonts["bold"]},
            "state": {"font": fonts["small"], "foreground": palette.dim},
            "dim": {"foreground": palette.dim},
            "faint": {"foreground": palette.faint},
            "good": {"foreground": palette.good},
            "bad": {"foreground": palette.bad},
            "day": {**middle, "foreground": palette.dim, "spacing1": px(14)},
            "new": {**middle, "foreground": palette.bad, "spacing1": px(10)},
            "empty": {"foreground": palette.dim, "lmargin1": px(40), "lmargin2": px(40), "rmargin": px(40)},
            "link": {"foreground": palette.accent, "underline": True},
            "chosen": {"background": palette.chosen},
        }
        for name, about in styles.items():
            self._text.tag_configure(name, **about)
        self._text.tag_raise("sel")

    def _bind(self) -> None:
        text, does = self._text, self._does
        bind_keys(text, {"<Up>": partial(self.choose, -1), "<Down>": partial(self.choose, 1)})
        bind_keys(text, {"<Prior>": partial(self.scroll, -1), "<Next>": partial(self.scroll, 1)})
        bind_keys(text, {"<Home>": partial(self._drag, "moveto", "0.0"), "<End>": does.to_newest})
        text.bind("<Key>", self._typed)
        bind_tab(text)
        bind_wheel(text, lambda steps: self._drag("scroll", str(round(steps * self._look.px(WHEEL))), "pixels"))
        text.bind("<Button-1>", self._press)
        text.bind("<ButtonRelease-1>", self._release)
        text.bind("<Motion>", self._point)
        text.bind("<Configure>", lambda _: self._resized())

    def _resized(self) -> None:
        self.stay()
        self._plan()

    def _typed(self, event: tk.Event[tk.Text]) -> str | None:
        """Do something with the chosen message; else let the character begin a message of ours."""
        verb = KEYS.get(event.keysym)
        if self._has_choice and verb:
            self._does.do(verb)
        elif event.char.isprintable() and event.char:
            self._write_text(event.char)
        else:
            return None  # such as that which copies
        return "break"

    def _press(self, event: tk.Event[tk.Text]) -> None:
        self._text.focus_set()
        self._pressed = self._deed_at(event)

    def _release(self, event: tk.Event[tk.Text]) -> None:
        deed = self._deed_at(event)
        if deed == self._pressed and (deed[0] != CLICK or not self._text.tag_ranges("sel")):  # else a text was marked
            self._does.do(*deed)

    def _point(self, event: tk.Event[tk.Text]) -> None:
        self._text.configure(cursor="arrow" if self._deed_at(event)[0] == CLICK else "hand2")

    def _deed_at(self, event: tk.Event[tk.Text]) -> tuple[str, int]:
        """Return what a click there does, and with which message."""
        place = f"@{event.x},{event.y}"
        verbs = (tag.removeprefix(VERB) for tag in self._text.tag_names(place) if tag.startswith(VERB))
        return next(verbs, CLICK), self._seq_at(place, 0)


def _paths(block: Block) -> list[str]:
    return [piece.path for piece in block.pieces if isinstance(piece, Picture)]


def _texts(block: Block) -> Iterator[Any]:
    """Yield texts, each with its tags behind it, as Tk inserts them."""
    tag = _tag(block.seq)
    for piece in block.pieces:
        if isinstance(piece, Run):
            yield from (piece.text, (*piece.styles, tag))
        elif isinstance(piece, Link):
            yield from (piece.text, ("body", "small", "link", f"{VERB}{piece.verb}", tag))


def _tag(seq: int) -> str:
    return f"{SEQ}{seq}"
