"""The menu of what a line may become."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from slcp.escaping import escape
from slcpctl.conversing.completing import suggestions, word_at_end


class TypedCompleter(Completer):
    """Completes what `typed` can read."""

    def __init__(self, handles: Callable[[], Iterable[str]]) -> None:
        self._handles = handles

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002
        word = word_at_end(document.text_before_cursor)
        for text, shown in suggestions(word, self._handles()):
            yield Completion(text, start_position=-len(word.typed), display=escape(shown))
