"""The answer of one who is away: once per person and absence, never to an automatic answer.

What was answered stands in the history, so a restart during the absence answers nobody twice.
"""

from contextlib import suppress

from slcp.config import Config
from slcp.errors import StorageError
from slcpd.history import History
from slcpd.mailbox import Recipient
from slcpd.outbox import Outbox

MAX_QUEUED = 256  # messages in the outbox above which nobody is answered: strangers decide how many write


class Autoreply:
    """Answers while we are away."""

    def __init__(self, history: History, outbox: Outbox, config: Config) -> None:
        self._history = history
        self._outbox = outbox
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Be away or back, as the config says."""
        self._text = config.autoreply if config.inactive else ""
        self._away_since = self._history.last_change("inactive")  # a seq

    def answer(self, sender: Recipient) -> None:
        """Answer one who has written, if we are away and have not answered yet, and if it can be recorded."""
        if not self._text.strip():
            return
        with suppress(StorageError):  # the text that is answered has been taken, and stays so
            self._answer(sender)

    def _answer(self, sender: Recipient) -> None:
        mailbox = self._history.mailbox
        if mailbox.was_answered(sender.handle, sender.address.ip, self._away_since):
            return
        if mailbox.count_queued() < MAX_QUEUED:
            self._outbox.answer(sender, self._text)
