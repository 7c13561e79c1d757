"""The parts of the window, and where they are.

people          Luca                               encrypted   Search  Keys…  Block…
(L) Luca    2   (L) Luca  14:02
(S) Sohal           Hallo Ani!
(T) Tom         (A) Ani  14:03
                    Hey Luca, alles klar?   delivered
[ ] Away        [ Image… ] [ what is typed                              ] [ Send ]
Settings Help   Ani · 3 here
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from slcpctl.translating import tr
from slcpctl.window.answers import Answers, PageView
from slcpctl.window.away import AwaySwitch
from slcpctl.window.composer import Composer
from slcpctl.window.deeds import Deeds
from slcpctl.window.faces import Faces
from slcpctl.window.header import Header, SearchBar
from slcpctl.window.people_list import PeopleList
from slcpctl.window.pictures import Decoder
from slcpctl.window.pressing import button
from slcpctl.window.shown import Shown
from slcpctl.window.theme import Look
from slcpctl.window.thumbnails import Thumbnails
from slcpctl.window.transcript import Transcript

ROOM_OF_START = 180  # beside the words of a loss, for the button


class Parts(ttk.Frame):
    """What the window has while there is a conversation."""

    def __init__(
        self, parent: tk.Misc, look: Look, deeds: Deeds, decoder: Decoder, close: Callable[[], object]
    ) -> None:
        super().__init__(parent)
        self._look, self._deeds, self._close = look, deeds, close
        self._is_searching = self._is_search_wanted = False
        faces = Faces(look)
        self._build_side(faces)
        ttk.Frame(self, style="Line.TFrame", width=1).pack(side="left", fill="y")
        right = ttk.Frame(self)
        right.pack(side="left", fill="both", expand=True)
        self._lost = _Lost(right, look, deeds)
        self._header = Header(right, look, self.search, deeds)
        self._search = SearchBar(right, look, deeds)
        thumbnails = Thumbnails(look, decoder, lambda: self.transcript.stay())
        self.transcript = Transcript(right, look, faces, thumbnails, deeds, self.write)
        self.page = PageView(right, look)
        self._coming, self._notice = Answers(right, look, "coming"), Answers(right, look, "notice")
        self.composer = Composer(right, look, self._send, self.choose_images, self._paste)
        self._status = ttk.Label(right, name="status", style="Small.TLabel", padding=(look.px(14), 0, 0, look.px(6)))
        self._arrange(right)

    def show(self, what: Shown) -> None:
        """Show how all is now."""
        self._people.show(what.people, what.here, what.conversation)
        self._away.show(what.is_away, what.autoreply)
        self._lost.show(what.lost)
        self._header.show(what.title, what.conversation is not None)
        self._show_search(what)
        self.composer.turn_to(what.to)
        self.page.tell(what.page)
        self._coming.tell([[(piece.styles[-1], piece.text) for piece in line] for line in what.coming])
        self._notice.tell(what.notice)
        self._status.configure(text=what.status)
        self.transcript.show(what)

    def write(self, text: str = "") -> None:
        """Let the keys go to the field; begin with this."""
        self.composer.text.focus_set()
        self.composer.text.insert("insert", text)

    def search(self) -> None:
        """Let words be typed to search for: at once, although the search itself is begun in another thread."""
        if not self._is_searching:
            self._is_searching = self._is_search_wanted = True
            self._search.open()
            self._deeds.search()
        self._search.take_focus()

    def close_search(self) -> None:
        """Let one that has not begun yet be over."""
        self._is_search_wanted = False

    def choose_images(self) -> None:
        """Let image files be chosen, to go out with the next message."""
        self.composer.attach(self._deeds.images_chosen())

    def _show_search(self, what: Shown) -> None:
        if what.searching is not None:
            begins, self._is_search_wanted = not self._is_searching, False
            if begins:
                self._search.open()
            self._search.show(what.found, what.searching)
            if begins:
                self._search.take_focus()
        elif self._is_searching and not self._is_search_wanted:
            self._search.grid_remove()
            self.write()
        self._is_searching = what.searching is not None or self._is_search_wanted

    def _send(self, line: str, to: str | None) -> None:
        self._deeds.send(line, to, lambda words: self.composer.give_back(to, words), self._close)

    def _paste(self) -> bool:
        paths = self._deeds.images_pasted()
        self.composer.attach(paths)
        return bool(paths)

    # What is where

    def _build_side(self, faces: Faces) -> None:
        px = self._look.px
        side = ttk.Frame(self, padding=(0, px(6), 0, 0))
        side.pack(side="left", fill="y")
        self._people = PeopleList(side, self._look, faces, self._deeds.open, self.write)
        below = ttk.Frame(side, padding=(px(10), px(8)))
        below.pack(side="bottom", fill="x")
        self._people.pack(fill="both", expand=True)
        self._away = AwaySwitch(below, self._look, self._deeds.set)
        self._away.pack(fill="x", pady=(0, px(8)))
        for name, words, do in (
            ("settings", tr("Settings…"), self._deeds.open_settings),
            ("help", tr("Help"), self._deeds.help),
        ):
            button(below, name, words, do).pack(side="left", padx=(0, px(8)))

    def _arrange(self, right: ttk.Frame) -> None:
        """Put the parts of the conversation below each other; the messages take the room that is left."""
        above, below = (ttk.Frame(right, style="Line.TFrame", height=1) for _ in range(2))
        rows: list[tuple[tk.Widget, ...]] = [
            *((self._lost,), (self._header,), (self._search,), (above,)),
            (self.transcript, self.page),
            *((below,), (self._coming,), (self._notice,), (self.composer,), (self._status,)),
        ]
        right.columnconfigure(0, weight=1)
        right.rowconfigure(rows.index((self.transcript, self.page)), weight=1)
        for row, parts in enumerate(rows):
            for part in parts:
                part.grid(row=row, sticky="nsew")
        for hidden in (self._lost, self._search, self.page, self._coming, self._notice):
            hidden.grid_remove()


class _Lost(ttk.Frame):
    """Says that there is no daemon now, and starts it."""

    def __init__(self, parent: tk.Misc, look: Look, deeds: Deeds) -> None:
        super().__init__(parent, name="lost", style="Lost.TFrame", padding=(look.px(14), look.px(8)))
        self._words = ttk.Label(self, name="words", style="Lost.TLabel")
        button(self, "start", tr("Start it"), deeds.start_daemon).pack(side="right")
        self._words.pack(side="left", fill="x", expand=True)
        self._room = look.px(ROOM_OF_START)

    def show(self, why: str) -> None:
        """Show why there is no daemon; nothing while there is one."""
        if why:
            self._words.configure(text=why, wraplength=max(self.master.winfo_width() - self._room, self._room))
            self.grid()
        else:
            self.grid_remove()
