"""The dialog that compares keys: a peer's and one's own, to be read to each other, and what to do then."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from slcp.client import Json
from slcp.errors import SlcpError
from slcp.escaping import escape
from slcpctl.translating import tr
from slcpctl.window.dialogs import Dialog
from slcpctl.window.pressing import bind_tab
from slcpctl.window.theme import Look

WIDE = 36  # characters of a line of a key: six of its twelve groups
NEXT = {
    "plain": tr("{handle} has shown no key: what you write to each other is not encrypted."),
    "new": tr("{handle} has a key that you have not met yet; the first message will remember it."),
    "pinned": tr("Read the keys to each other, by voice. Do both agree?"),
    "verified": tr("You have said that this key is right."),
    "changed": tr("This is somebody else, or {handle} with a new key: ask by voice before you accept it."),
}

Request = Callable[[str, Json, Callable[[Json | SlcpError], object]], object]  # a method, params, and who is answered


class Keys(Dialog):
    """Shows the keys, and lets the shown one be accepted, exactly the one that was seen."""

    def __init__(self, parent: tk.Misc, look: Look, found: Json, request: Request) -> None:
        self._handle, self._request = found["handle"], request
        super().__init__(parent, look, "keys_of", tr("The key of {handle}", handle=escape(self._handle)))
        self._fill(found)

    def _fill(self, found: Json) -> None:
        shown, pinned, standing = found["shown"], found["pinned"], found["standing"]
        known = tr("verified") if standing == "verified" else tr("met before")
        for key in pinned:
            self._key(tr("The key of {handle}, {known}", handle=escape(self._handle), known=known), key)
        if shown and shown not in pinned:
            words = tr("The key that {handle} shows now", handle=escape(self._handle))
            self._key(words, shown, "Bad.TLabel" if pinned else "TLabel")
        self._key(tr("Your key"), found["own"])
        words = NEXT[standing].format(handle=escape(self._handle))
        ttk.Label(self.body, text=words, wraplength=self.look.px(460)).pack(anchor="w", pady=self.look.px(8))
        self.wrong.pack(anchor="w")
        rows: list[tuple[str, str, Callable[[], object], str]] = [("close", tr("Close"), self.close, "TButton")]
        if shown and standing in ("pinned", "changed", "new"):
            rows.append(("trust_key", tr("They agree: trust this key"), lambda: self._trust(shown), "Accent.TButton"))
        buttons = self.buttons(*rows)
        buttons.pack(fill="x", pady=(self.look.px(8), 0))
        self.open(buttons.nametowidget("close"))

    def _key(self, words: str, key: Json, style: str = "TLabel") -> None:
        ttk.Label(self.body, text=words, style=style).pack(anchor="w")
        palette, px = self.look.palette, self.look.px
        spoken = self.look.text(
            self.body,
            f"key{key['fingerprint'][:8]}",
            font=self.look.fonts["fixed"],
            height=1 + len(key["spoken"]) // WIDE,
            width=WIDE,
            state="normal",
            padx=px(8),
            pady=px(6),
            background=palette.raised,
            highlightbackground=palette.line,
        )
        spoken.insert("1.0", key["spoken"])
        spoken.configure(state="disabled")
        bind_tab(spoken)
        spoken.pack(fill="x", pady=(self.look.px(2), self.look.px(10)))

    def _trust(self, key: Json) -> None:
        params = {"handle": self._handle, "fingerprint": key["fingerprint"]}
        self._request("trust", params, self._trusted)

    def _trusted(self, result: Json | SlcpError) -> None:
        if not self.winfo_exists():
            return
        if isinstance(result, SlcpError):
            self.say(str(result))
        else:
            self.close()
