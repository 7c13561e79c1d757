"""Messages on their way to one recipient, one right behind the other."""

from collections import deque
from collections.abc import Callable, Iterable

from slcp.results import MessageEntry, MessageState
from slcpd.sending import Progress, UnsendableError

Outcome = MessageState | UnsendableError


class InFlight:
    """What is sent without waiting for the answer to each; answers come in the same order.

    An error that ends the sending concerns the first of `messages`.
    """

    def __init__(
        self, messages: Iterable[MessageEntry], progress: Progress, note: Callable[[MessageEntry, Outcome], None]
    ) -> None:
        self.messages = deque(messages)  # without an answer so far
        self.progress = progress  # of an image, which flies alone
        self._note = note

    def answered(self, outcome: Outcome) -> None:
        """Take note of what has become of the first of the messages."""
        self._note(self.messages.popleft(), outcome)
