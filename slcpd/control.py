"""The control socket: requests answered in order, or one subscription, on each connection."""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from contextlib import aclosing, suppress
from typing import NamedTuple

from slcp.control import encode_error, encode_result
from slcp.errors import ErrorCode, RequestError, StorageError
from slcp.requests import Shutdown, Subscribe
from slcp.results import Result, SubscribedResult
from slcpd.answers import Answers
from slcpd.journal import Journal
from slcpd.local_socket import is_same_user
from slcpd.pipeline import Asked, Pipeline

log = logging.getLogger(__name__)


class _Reply(NamedTuple):
    """The line that answers a request, and what it says unless that is an error."""

    line: bytes
    result: Result | None


class Control:
    """Serves clients."""

    def __init__(self, answers: Answers, journal: Journal, stop: Callable[[], None]) -> None:
        self._answers = answers
        self._journal = journal
        self._stop = stop

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one client until it closes."""
        if not is_same_user(writer):
            log.warning("refused a control connection of another user")
            return
        pipeline = Pipeline(reader)
        while asked := await pipeline.next():
            replies = await self._reply_to_all(asked, writer)
            writer.write(b"".join(reply.line for reply in replies))
            await writer.drain()
            await asyncio.sleep(0)  # neither wait suspends while a pipeline is full: the others have their turn
            request, result = asked[0].request, replies[0].result
            if isinstance(request, Subscribe) and isinstance(result, SubscribedResult):
                if pipeline.is_empty:
                    await self._feed(reader, writer, result.seq if request.since is None else request.since)
                return
            if isinstance(request, Shutdown):
                log.info("told to shut down")
                self._stop()

    async def _reply_to_all(self, asked: list[Asked], writer: StreamWriter) -> list[_Reply]:
        """Answer a request, or several that are durable together."""
        try:
            if len(asked) == 1:
                return [await self._reply(asked[0])]
            return await asyncio.gather(*map(self._reply, asked))
        except asyncio.CancelledError:
            leaving = RequestError(ErrorCode.DAEMON_LEAVING, "the daemon shuts down; `slcpctl start` starts it")
            writer.write(b"".join(encode_error(one.id, leaving) for one in asked))
            raise

    async def _reply(self, asked: Asked) -> _Reply:
        try:
            if isinstance(asked.request, RequestError):
                raise asked.request
            result = await self._answers.answer(asked.request)
            return _Reply(await _joined(encode_result(asked.id, result)), result)
        except RequestError as error:
            refusal = error
        except StorageError as error:
            refusal = RequestError(ErrorCode.STORAGE_FAILED, str(error))
        except Exception:
            log.exception("a bug in answering a client; the others go on")
            refusal = RequestError(ErrorCode.INTERNAL_ERROR, "a bug in slcpd; `slcpctl logs` shows its trace")
        return _Reply(encode_error(asked.id, refusal), None)

    async def _feed(self, reader: StreamReader, writer: StreamWriter, since: int) -> None:
        """Write events until the client closes or says anything more."""
        async with asyncio.TaskGroup() as group:
            feeding = group.create_task(self._write_events(writer, since))
            with suppress(ConnectionError):  # one that ends with events unread resets the connection
                await reader.read(1)
            feeding.cancel()

    async def _write_events(self, writer: StreamWriter, since: int) -> None:
        try:
            async with aclosing(self._journal.follow(since)) as events:
                async for lines in events:
                    writer.write(lines)
                    await writer.drain()
                    await asyncio.sleep(0)  # nothing suspends while the client keeps up: the others have their turn
        except ConnectionError:
            pass  # the client has gone; the reader sees it too
        except StorageError as error:
            log.error("a subscription ends: %s", error)
            writer.close()


async def _joined(parts: Iterator[bytes]) -> bytes:
    """Join what is written in parts; between these the others have their turn."""
    written = [next(parts)]
    for part in parts:
        await asyncio.sleep(0)
        written.append(part)
    return b"".join(written)
