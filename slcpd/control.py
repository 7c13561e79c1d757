"""The control socket: requests answered in order, or one subscription, on each connection."""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from contextlib import aclosing, suppress
from typing import Self

from slcp.control import MAX_REQUEST, RequestId, decode_call, encode_error, encode_result
from slcp.errors import ErrorCode, RequestError, StorageError
from slcp.requests import Request, Shutdown, Subscribe
from slcp.results import Result, SubscribedResult
from slcpd.answers import Answers
from slcpd.journal import Journal
from slcpd.local_socket import is_same_user

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
            await asyncio.sleep(0)  # neither wait suspends while a pipeline is full: the others have their turn
            if isinstance(request, Subscribe) and isinstance(result, SubscribedResult):
                await self._feed(reader, writer, result.seq if request.since is None else request.since)
                return
            if isinstance(request, Shutdown):
                log.info("told to shut down")
                self._stop()

    async def _reply(self, line: bytes, writer: StreamWriter) -> tuple[Request | None, Result | None]:
        """Answer one line. Returns what was asked and answered, Nones if it was refused."""
        with _Refusals(writer) as refusals:
            call = decode_call(line)
            refusals.call_id = call.id
            request = call.request()
            result = await self._answers.answer(request)
            writer.write(await _joined(encode_result(call.id, result)))
            return request, result
        return None, None

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


class _Refusals:
    """Answers with an error when a request gets no result; a bug goes on from here, to be logged."""

    def __init__(self, writer: StreamWriter) -> None:
        self.call_id: RequestId = None
        self._writer = writer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        match error:
            case None:
                return False
            case RequestError():
                refusal = error
            case StorageError():
                refusal = RequestError(ErrorCode.STORAGE_FAILED, str(error))
            case asyncio.CancelledError():
                refusal = RequestError(ErrorCode.DAEMON_LEAVING, "the daemon shuts down; `slcpctl start` starts it")
            case _:
                refusal = RequestError(ErrorCode.INTERNAL_ERROR, "a bug in slcpd; `slcpctl logs` shows its trace")
        self._writer.write(encode_error(self.call_id, refusal))
        return isinstance(error, RequestError | StorageError)


async def _read_line(reader: StreamReader, writer: StreamWriter) -> bytes:
    """Return the next line, b"" at the end. A line over the limit is refused and ends the connection."""
    try:
        return await reader.readline()
    except ValueError:
        error = RequestError(ErrorCode.INVALID_REQUEST, f"a line is over {MAX_REQUEST} bytes; send less at once")
        writer.write(encode_error(None, error))
        return b""
