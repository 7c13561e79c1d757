"""Messages on their way to one recipient, one right behind the other."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from slcp.results import MessageEntry, MessageState
from slcpd.sending import Progress, UnsendableError

Outcome = MessageState | UnsendableError


class InFlight:
    """What is sent without waiting for the answer to each; answers come in the same order.

    An error that ends the sending concerns the first of `messages`.
    """

    def __init__(
        self,
        first: MessageEntry,
        progress: Progress,
        note: Callable[[MessageEntry, Outcome], None],
        following: Callable[[MessageEntry], Sequence[MessageEntry]],
    ) -> None:
        self.messages = deque([first])  # without an answer so far
        self.progress = progress  # of an image, which flies alone
        self.is_answered = False  # one of them was
        self._note = note
        self._following = following  # returns the texts that may go behind one

    def texts(self) -> Iterator[Sequence[MessageEntry]]:
        """Yield the texts, then those behind them, some at a time: from then on they are in flight, too."""
        texts: Sequence[MessageEntry] = tuple(self.messages)
        while texts:
            yield texts
            texts = self._following(texts[-1])
            self.messages.extend(texts)

    def answered(self, outcome: Outcome) -> None:
        """Take note of what has become of the first of the messages."""
        self.is_answered = True
        self._note(self.messages.popleft(), outcome)
