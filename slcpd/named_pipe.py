"""The control socket as a named pipe of Windows. Written from its documentation, never run there."""

import asyncio
import sys
from asyncio import StreamReader, StreamReaderProtocol, StreamWriter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from slcp.control import MAX_REQUEST
from slcp.errors import ConfigError
from slcpd.connections import Accept

Endpoint = Path  # the name of the pipe: \\.\pipe\...


def protocols(accept: Accept, loop: asyncio.AbstractEventLoop) -> Callable[[], StreamReaderProtocol]:
    """Return what makes a protocol for each connection, as asyncio.start_server does for sockets."""
    return lambda: StreamReaderProtocol(StreamReader(limit=MAX_REQUEST, loop=loop), accept, loop=loop)


@contextmanager
def bound(path: Path) -> Iterator[Endpoint]:
    """Name the pipe: the system makes it with its first instance, and takes it away with the last."""
    yield path


@asynccontextmanager
async def listening(control: Endpoint, accept: Accept) -> AsyncIterator[None]:
    """Accept connections while the context lasts. Raises ConfigError when another program has the name."""
    loop = asyncio.get_running_loop()
    try:
        # of the Proactor; its first instance is FILE_FLAG_FIRST_PIPE_INSTANCE: nobody else is behind the name
        [server] = await loop.start_serving_pipe(protocols(accept, loop), str(control))  # type: ignore[attr-defined]
    except OSError as error:
        why = f"the control pipe cannot be made: {error.strerror}; end the program that holds it"
        raise ConfigError(f"{control}: {why}") from error
    try:
        yield
    finally:
        server.close()


if sys.platform == "win32":
    from slcp.named_pipe import client_is_ours

    def is_same_user(writer: StreamWriter) -> bool:
        """Tell whether the process at the other end is of this machine and runs as we do."""
        return client_is_ours(writer.get_extra_info("pipe").handle)
