"""The control socket: requests answered in order, or one subscription, on each connection."""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import aclosing

from slcp.control import MAX_REQUEST, Call, decode_call, encode_error, encode_result
from slcp.errors import ErrorCode, RequestError
from slcp.requests import Request, Shutdown, Subscribe
from slcp.results import Result, SubscribedResult
from slcpd.answers import Answers
from slcpd.journal import Journal
from slcpd.local_socket import is_same_user

MAX_CLIENTS = 1000  # at once: descriptors; a desktop has a handful

log = logging.getLogger(__name__)


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
        while line := await _read_line(reader, writer):
            request, result = await self._reply(line, writer)
            await writer.drain()
            if isinstance(request, Subscribe) and isinstance(result, SubscribedResult):
                await self._feed(reader, writer, result.seq if request.since is None else request.since)
                return
            if isinstance(request, Shutdown):
                log.info("told to shut down")
                self._stop()

    async def _reply(self, line: bytes, writer: StreamWriter) -> tuple[Request | None, Result | None]:
        """Answer one line. Returns what was asked and answered, Nones if it was refused."""
        call = Call(None, "", {})
        try:
            call = decode_call(line)
            request = call.request()
            result = await self._answers.answer(request)
        except RequestError as error:
            writer.write(encode_error(call.id, error))
            return None, None
        except asyncio.CancelledError:
            leaving = RequestError(ErrorCode.DAEMON_LEAVING, "the daemon is shutting down; `slcpctl start` starts it")
            writer.write(encode_error(call.id, leaving))
            raise
        writer.write(encode_result(call.id, result))
        return request, result

    async def _feed(self, reader: StreamReader, writer: StreamWriter, since: int) -> None:
        """Write events until the client closes or says anything more."""
        async with asyncio.TaskGroup() as group:
            feeding = group.create_task(self._write_events(writer, since))
            await reader.read(1)
            feeding.cancel()

    async def _write_events(self, writer: StreamWriter, since: int) -> None:
        try:
            async with aclosing(self._journal.follow(since)) as events:
                async for lines in events:
                    writer.write(lines)
                    await writer.drain()
        except ConnectionError:
            pass  # the client has gone; the reader sees it too


async def _read_line(reader: StreamReader, writer: StreamWriter) -> bytes:
    """Return the next line, b"" at the end. A line over the limit is refused and ends the connection."""
    try:
        return await reader.readline()
    except ValueError:
        error = RequestError(ErrorCode.INVALID_REQUEST, f"a line is over {MAX_REQUEST} bytes; send less at once")
        writer.write(encode_error(None, error))
        return b""
