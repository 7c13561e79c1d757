"""What the user does in the window, by key, mouse or button: asked for in the thread of the sockets, or a dialog."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tkinter import filedialog

from slcp.client import Json
from slcp.errors import SlcpError
from slcp.escaping import escape
from slcp.places import places
from slcpctl.translating import tr
from slcpctl.window import clipboard
from slcpctl.window.backstage import Backstage
from slcpctl.window.dialogs import Question
from slcpctl.window.keys import Keys
from slcpctl.window.pictures import Decoder
from slcpctl.window.settings import Settings
from slcpctl.window.shown import Shown
from slcpctl.window.talk import Talk
from slcpctl.window.theme import Look
from slcpctl.window.viewer import Viewer

IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff")  # of the files that are offered at first
TO_TALK = {"cancel", "retry"}  # verbs that the daemon obeys; those of an image the window does


class Deeds:
    """Does what the user wants, of what is shown now."""

    def __init__(self, root: tk.Tk, look: Look, backstage: Backstage, decoder: Decoder, profile: str | None) -> None:
        self.shown: Shown | None = None
        self._root, self._look, self._backstage, self._decoder = root, look, backstage, decoder
        self._pasted = places(profile).images.with_name("pasted")

    # Where to look

    def open(self, to: str | None) -> None:
        """Show a conversation."""
        self._act(lambda talk: talk.chat.actions.open(to))

    def open_next(self, steps: int) -> None:
        """Show the conversation so many rows further down in the list."""
        self._act(lambda talk: talk.chat.actions.open_next(steps))

    def open_next_unread(self) -> None:
        """Show the next conversation in which something is unread."""
        self._act(lambda talk: talk.chat.actions.open_next_unread())

    def to_newest(self) -> None:
        """See the newest message."""
        self._act(lambda talk: talk.chat.actions.to_newest())

    def help(self) -> None:
        """Show what can be pressed and typed."""
        self._act(lambda talk: talk.chat.actions.help())

    def close_top(self) -> None:
        """Close what lies on top: an answer, a page, a search; or go to the newest message."""
        self._act(lambda talk: talk.close())

    def look(self, focused: bool) -> None:
        """Take note whether the window has the keyboard."""
        self._act(lambda talk: talk.look(focused), quietly=True)

    def saw(self, pane: int, first: int, last: int, at_end: bool) -> None:
        """Take note of what is seen of the messages."""
        self._act(lambda talk: talk.saw(pane, first, last, at_end), quietly=True)

    def drawn(self) -> None:
        """Take note that what was to be shown is."""
        self._act(lambda talk: talk.drawn(), quietly=True)

    # Search

    def search(self) -> None:
        """Begin a search."""
        self._act(lambda talk: talk.chat.actions.search())

    def find(self, words: str) -> None:
        """Show what has these words."""
        self._act(lambda talk: talk.chat.actions.search(words))

    def go_to_chosen(self) -> None:
        """Leave the search for the conversation, at the chosen hit."""
        self._act(lambda talk: talk.chat.actions.go_to_chosen())

    # Messages

    def choose(self, steps: int) -> None:
        """Choose another message."""
        self._act(lambda talk: talk.chat.state.pane.choose(steps))

    def do(self, verb: str, seq: int | None = None) -> None:
        """Do something with a message, without a number the chosen one; what is found by a search is gone to."""
        if self.shown and self.shown.searching is not None:
            if seq is not None:
                self._act(lambda talk: talk.choose(seq), quietly=True)
            self.go_to_chosen()
        elif verb in TO_TALK:
            self._act(lambda talk: talk.ask_of(verb, seq))
        elif verb in self._of_image:
            self._act(lambda talk: talk.image_of(seq, self._of_image[verb]), quietly=True)

    @property
    def _of_image(self) -> dict[str, Callable[[str], None]]:
        return {"show": self.show_image, "open": self.open_image, "save": self.save_image}

    def show_image(self, path: str) -> None:
        """Show an image as large as it is."""
        Viewer(self._root, self._look, path, self._decoder, self)

    def open_image(self, path: str) -> None:
        """Open an image with the viewer of the desktop."""
        self._act(lambda talk: talk.open_image(path))

    def save_image(self, path: str) -> None:
        """Ask where to, and save an image."""
        name, title = Path(path).name, tr("Save as")
        to = filedialog.asksaveasfilename(parent=self._root, title=title, initialfile=name, confirmoverwrite=False)
        if to:
            self._act(lambda talk: talk.save_image(path, to))

    def send(self, line: str, to: str | None, give_back: Callable[[str], object], close: Callable[[], object]) -> None:
        """Do what a line says that was typed for `to`."""
        self._act(lambda talk: talk.obey(line, to, give_back, close))

    def images_chosen(self) -> tuple[str, ...]:
        """Let image files be chosen."""
        kinds: list[tuple[str, tuple[str, ...]]] = [(tr("Images"), IMAGES), (tr("All files"), ("*",))]
        return tuple(filedialog.askopenfilenames(parent=self._root, title=tr("Images to send"), filetypes=kinds))

    def images_pasted(self) -> tuple[str, ...]:
        """Return the image files that the clipboard has; one that was no file is written to one."""
        try:
            return clipboard.files(self._root) or clipboard.image(self._root, self._pasted)
        except OSError as error:
            words = tr("{path}: {error}; not pasted", path=error.filename or self._pasted, error=error.strerror)
            self._tell(words)
            return ()

    # People and settings

    def set(self, key: str, value: object) -> None:
        """Change a key of the configuration."""
        self._request("set_config", {"key": key, "value": value}, lambda _: None)

    def open_settings(self) -> None:
        """Open the settings."""
        self._request(
            "get_config", {}, lambda found: Settings(self._root, self._look, found["config"], self._backstage.request)
        )

    def open_keys(self) -> None:
        """Compare keys with whom the conversation is with."""
        if self.shown and self.shown.to is not None:
            self._request(
                "verify",
                {"handle": self.shown.to},
                lambda found: Keys(self._root, self._look, found, self._backstage.request),
            )

    def ask_to_block(self) -> None:
        """Ask whether to hear nothing more of whom the conversation is with."""
        if self.shown and self.shown.to is not None:
            to = self.shown.to
            words = tr("Hear nothing more of {handle}? `/unblock {handle}` takes it back.", handle=escape(to))
            block = partial(self._request, "block", {"handle": to}, lambda _: self._tell_blocked(to))
            Question(self._root, self._look, tr("Block"), words, (tr("Block"), block))

    def start_daemon(self) -> None:
        """Start the daemon, which has ended."""
        self._backstage.start_daemon()

    def _tell_blocked(self, handle: str) -> None:
        words = tr("{handle} is blocked", handle=handle)
        self._act(lambda talk: talk.chat.state.tell([[("dim", words)]]))

    def _tell(self, words: str) -> None:
        self._act(lambda talk: talk.chat.state.tell([[("bad", words)]]))

    def _request(self, method: str, params: Json, done: Callable[[Json], object]) -> None:
        """Ask the daemon; say so where it refuses."""

        def answered(result: Json | SlcpError) -> None:
            if isinstance(result, SlcpError):
                self._tell(str(result))
            else:
                done(result)

        self._backstage.request(method, params, answered)

    def _act(self, do: Callable[[Talk], object], quietly: bool = False) -> None:
        """Have something done with the conversation; `quietly` if nothing that is shown changes by it at once."""
        self._backstage.act(do, quietly)
