"""Completion of commands, handles and paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from slcp.escaping import escape
from slcpctl.chat.typed import CAPITALS, COMMANDS

IMAGES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
MOST_PATHS = 200  # shown of a folder
HANDLE, PATH = "HANDLE", "PATH"
_ARGUMENTS: dict[str, tuple[str, ...]] = {  # what the words behind a command are; the last goes on
    **{f"/{name}": tuple(row.usage.strip("[].").split()) for name, row in COMMANDS.items()},
    "MSG": (HANDLE, "TEXT"),
    "IMG": (HANDLE, PATH),
}


class TypedCompleter(Completer):
    """Completes what `typed` can read."""

    def __init__(self, handles: Callable[[], Iterable[str]]) -> None:
        self._handles = handles

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002
        before = document.text_before_cursor
        for text, shown in suggestions(before, self._handles()):
            yield Completion(text, start_position=-len(_last_word(before)), display=escape(shown))


def suggestions(before: str, handles: Iterable[str]) -> list[tuple[str, str]]:
    """Return what the last word may become, and how to show it."""
    command, blank, _ = before.partition(" ")
    word = _last_word(before)
    if not blank:
        names = [*(f"/{name}" for name in COMMANDS), *CAPITALS] if word else []
        return [(name, name) for name in names if name.startswith(word)]
    kinds = _ARGUMENTS.get(command, ())
    position = len(before.split(" ")) - 2
    kind = kinds[min(position, len(kinds) - 1)] if kinds else ""
    return {HANDLE: _handles, PATH: _paths}.get(kind, _nothing)(word, handles)


def _last_word(before: str) -> str:
    return before.rpartition(" ")[2]


def _nothing(_: str, __: Iterable[str]) -> list[tuple[str, str]]:
    return []


def _handles(word: str, handles: Iterable[str]) -> list[tuple[str, str]]:
    known = [*handles, "everyone"]
    return [(handle, handle) for handle in known if handle.casefold().startswith(word.casefold())]


def _paths(word: str, _: Iterable[str]) -> list[tuple[str, str]]:
    """Suggest images first, then folders, then the rest; hidden ones only to whoever types the dot."""
    head, slash, start = word.rpartition("/")
    fitting = [
        entry
        for entry in _entries(Path(head + slash or "."))
        if entry.name.startswith(start) and (start or not entry.name.startswith("."))
    ]
    names = [f"{entry.name}/" if entry.is_dir() else entry.name for entry in sorted(fitting, key=_rank)[:MOST_PATHS]]
    return [(head + slash + name.replace(" ", "\\ "), name) for name in names]


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.expanduser().iterdir())
    except (OSError, RuntimeError):  # cannot be read; ~name of nobody
        return []


def _rank(entry: Path) -> tuple[int, str]:
    is_image = entry.suffix.casefold() in IMAGES
    return (0 if is_image else 1 if entry.is_dir() else 2, entry.name.casefold())
