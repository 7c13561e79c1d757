"""The requests of who reads: pages of the history, conversations, and up to where they are read."""

from collections.abc import Callable

from slcp.errors import ErrorCode, RequestError
from slcp.messages import Address, split_name
from slcp.requests import Conversations as ConversationsRequest
from slcp.requests import History as HistoryRequest
from slcp.requests import MarkRead
from slcp.results import ConversationsResult, Done, HistoryResult, MessageEntry
from slcpd.conversations import Conversations
from slcpd.journal import Journal
from slcpd.mailbox import Mailbox, Query


class Reading:
    """Answers these requests. Raises RequestError, StorageError."""

    def __init__(
        self,
        mailbox: Mailbox,
        conversations: Conversations,
        journal: Journal,
        as_now: Callable[[MessageEntry], MessageEntry],
    ) -> None:
        self._mailbox = mailbox
        self._conversations = conversations
        self._journal = journal
        self._as_now = as_now  # adds what the history does not hold

    async def history(self, request: HistoryRequest) -> HistoryResult:
        _check_limit("history", request.limit)
        handle, address = self._whom(request.with_)
        query = Query(
            handle=handle,
            address=address,
            before=request.before,
            after=request.after,
            words=request.search,
            limit=request.limit,
            oldest=request.oldest,
        )
        messages, more = await self._mailbox.find(query)
        return HistoryResult([self._as_now(message) for message in messages], more)

    def conversations(self, request: ConversationsRequest) -> ConversationsResult:
        _check_limit("conversations", request.limit)
        return ConversationsResult(self._conversations.newest(request.limit))

    def mark_read(self, request: MarkRead) -> Done:
        read = self._conversations.read_up_to(self._conversations.known_as(request.with_), request.up_to)
        if read is not None:
            self._journal.record(read)
        return Done()

    def _whom(self, name: str | None) -> tuple[str | None, Address | None]:
        """Find the handle and, if it is given, the address of those whose messages are wanted; None: of everyone."""
        if not name:
            return None, None
        handle, address = split_name(name)
        return self._conversations.known_as(handle), address


def _check_limit(method: str, limit: int) -> None:
    if limit < 1:
        raise RequestError(ErrorCode.INVALID_PARAMS, f"{method}: 'limit' must be at least 1")
