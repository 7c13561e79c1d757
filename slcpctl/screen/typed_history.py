"""What was typed in earlier chats, for the Up key."""

from __future__ import annotations

from prompt_toolkit.history import History

from slcpctl.conversing.typed_history import TypedHistory


class KeptHistory(History):
    """What was typed, kept for later chats too."""

    def __init__(self, typed: TypedHistory) -> None:
        super().__init__()
        self._typed = typed

    def load_history_strings(self) -> list[str]:
        return self._typed.newest_first()

    def store_string(self, string: str) -> None:
        self._typed.add(string)
