"""The window: what it is told to show, its keys, and its end."""

from __future__ import annotations

import signal
import tkinter as tk
from collections.abc import Callable
from functools import partial

from slcp.escaping import escape
from slcpctl.window.backstage import Backstage
from slcpctl.window.deeds import Deeds
from slcpctl.window.inbox import Inbox
from slcpctl.window.parts import Parts
from slcpctl.window.pictures import Decoder
from slcpctl.window.pressing import Do
from slcpctl.window.shown import Shown
from slcpctl.window.theme import Look
from slcpctl.window.welcome import Welcome

ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
SIZE, LEAST = (1000, 680), (780, 400)  # of the window, at 96 dots an inch


class Window:
    """All that is on the screen. Every method is called in the thread of Tk."""

    def __init__(self, root: tk.Tk, profile: str | None, to: str | None, dark: bool) -> None:
        self._root = root
        self._is_closed = False
        look = Look(root, dark)
        self._inbox = Inbox(root)
        self._backstage = Backstage(profile, to, self, self._inbox.put)
        decoder = Decoder(self._inbox.put)
        self._deeds = Deeds(root, look, self._backstage, decoder, profile)
        self._welcome = Welcome(root, look, self._backstage.answer)
        self._parts = Parts(root, look, self._deeds, decoder, self.close)
        root.title("slcp")
        root.geometry("{}x{}".format(*map(look.px, SIZE)))
        root.minsize(*map(look.px, LEAST))
        root.protocol("WM_DELETE_WINDOW", self.close)
        self._bind()

    def run(self) -> Backstage:
        """Show it until the user closes it, or the system asks for its end; return how all has ended."""
        self._inbox.wake_for_signals()
        for number in ENDS:
            signal.signal(number, lambda *_: self._root.after_idle(self.close))
        self._backstage.start()
        self._root.mainloop()
        return self._backstage

    def close(self) -> None:
        """Close it, and end all that belongs to it."""
        if self._is_closed:  # told twice
            return
        self._is_closed = True
        self._root.withdraw()
        self._root.update_idletasks()  # gone at once, whatever there is still to do
        self._backstage.end()
        self._inbox.close()
        self._root.destroy()

    # What it is told to show

    def ask_handle(self, proposed: str, wrong: str) -> None:
        """Ask how others shall see the user."""
        self._turn_to(self._welcome)
        self._welcome.ask_handle(proposed, wrong)

    def show_starting(self) -> None:
        """Say that the daemon starts."""
        self._turn_to(self._welcome)
        self._welcome.show_starting()

    def show_failed(self, why: str) -> None:
        """Say why there is no daemon."""
        self._turn_to(self._welcome)
        self._welcome.show_failed(escape(why))

    def ring(self) -> None:
        """Ring the bell."""
        self._root.bell()

    def show(self, what: Shown) -> None:
        """Show how all is now."""
        self._deeds.shown = what
        if self._turn_to(self._parts):
            self._parts.write()
        self._parts.show(what)
        unread = sum(person.unread for person in what.people)
        self._root.title(f"{f'({unread}) ' if unread else ''}{what.title.name} - slcp")
        self._deeds.drawn()

    def _turn_to(self, frame: tk.Widget) -> bool:
        """Show the welcome, or the conversation; return whether it was the other one."""
        if frame.winfo_manager():
            return False
        for other in (self._welcome, self._parts):
            other.pack_forget()
        frame.pack(fill="both", expand=True)
        self._root.update_idletasks()  # so that it can have the keyboard at once
        return True

    # Keys

    def _bind(self) -> None:
        deeds, parts = self._deeds, self._parts
        modifier = "Command" if self._root.tk.call("tk", "windowingsystem") == "aqua" else "Control"
        with_modifier: dict[str, Do] = {
            "n": deeds.open_next_unread,
            "Up": partial(parts.transcript.choose, -1),
            "Down": partial(parts.transcript.choose, 1),
            "f": parts.search,
            "o": parts.choose_images,
            "comma": deeds.open_settings,
            "q": self.close,
            "w": self.close,
        }
        keys: dict[str, Do] = {
            **{f"<{modifier}-{key}>": do for key, do in with_modifier.items()},
            "<Alt-Up>": partial(deeds.open_next, -1),
            "<Alt-Down>": partial(deeds.open_next, 1),
            "<F1>": deeds.help,
            "<Escape>": self._escape,
            "<Prior>": partial(self._turn_page, -1),
            "<Next>": partial(self._turn_page, 1),
        }
        for key, do in keys.items():
            self._root.bind(key, partial(self._pressed, do))
        for key in with_modifier:
            for widget in ("Text", "TEntry"):  # where these would do something else too
                self._root.unbind_class(widget, f"<{modifier}-{key}>")
        self._root.bind("<FocusIn>", lambda _: deeds.look(True))
        self._root.bind("<FocusOut>", lambda _: deeds.look(bool(str(self._root.tk.call("focus")))))  # else in a dialog

    def _pressed(self, do: Callable[[], object], event: tk.Event[tk.Misc]) -> str | None:
        if event.widget.winfo_toplevel() is not self._root:
            return None  # a dialog has keys of its own
        do()
        return "break"

    def _escape(self) -> None:
        if not self._parts.composer.detach():
            self._parts.write()
            self._parts.close_search()
            self._deeds.close_top()

    def _turn_page(self, pages: int) -> None:
        shown = self._deeds.shown
        part = self._parts.page if shown and shown.page else self._parts.transcript
        part.scroll(pages)
