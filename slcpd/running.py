"""A program of the user's: started without a shell, given its input, and ended when it takes too long.

The processes of asyncio will not do: a start can be cancelled when the program runs already; in Python 3.11 their end
is not known before that of everybody who holds their pipes, and their standard input is a socket, which no program
can open as /dev/stdin.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

from slcp.errors import SlcpError

MAX_LAST_WORDS = 1000  # bytes kept of the end of what a program writes to standard error: it may write without end
READ_AT_ONCE = 1 << 20  # bytes of standard error: as much as a pipe holds
REAPED_WITHIN = 2.0  # seconds after SIGKILL; longer only where the system itself hangs, as over a disk that is gone

Process = subprocess.Popen[bytes]


class ProgramError(SlcpError):
    """A program that did not do its work. `kind` is the same for all failures of a kind, whatever was said of them."""

    def __init__(self, kind: str, last_words: str = "") -> None:
        super().__init__(f"{kind}: {last_words}" if last_words else kind)
        self.kind = kind


async def run_program(words: Sequence[str], data: bytes, limit: float) -> None:
    """Run a program to its end with `data` as standard input, which it need not read. `words[0]` may begin with ~/.

    After `limit` seconds, or when this is cancelled, it is killed with its process group. What it leaves behind
    otherwise lives on. Raises ProgramError.
    """
    program, *arguments = words
    try:
        path = str(Path(program).expanduser())
        async with _piped(data) as stdin:
            with closing(_Heard()) as stderr:
                async with _started([path, *arguments], stdin, stderr.fileno()) as process:
                    await _end(process, limit, stderr)
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody knows the home folder
        raise ProgramError(f"{program} cannot be run: {getattr(error, 'strerror', None) or error}") from error


@asynccontextmanager
async def _piped(data: bytes) -> AsyncGenerator[int]:
    """Give the end of a pipe from which `data` is read; what is unread when the context ends is dropped."""
    reading, writing = os.pipe()
    try:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(writing, "wb", 0))
        transport.write(data)
        transport.close()  # when all is written
        try:
            yield reading
        finally:
            if transport.get_write_buffer_size():
                transport.abort()
    finally:
        os.close(reading)


class _Heard:
    """What is written into a pipe; the end of it is kept."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._kept = b""
        asyncio.get_running_loop().add_reader(self._reading, self._read)

    def fileno(self) -> int:
        """Return the end to write into."""
        return self._writing

    def last_line(self) -> str:
        self._read()
        lines = self._kept.decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._reading)
        os.close(self._reading)
        os.close(self._writing)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            self._kept = (self._kept + os.read(self._reading, READ_AT_ONCE))[-MAX_LAST_WORDS:]


@asynccontextmanager
async def _started(words: Sequence[str], stdin: int, stderr: int) -> AsyncGenerator[Process]:
    """Start a program in a session of its own; when the context ends it has ended, or is killed with its group."""
    process = _start(words, stdin, stderr)
    try:
        yield process
    finally:
        if process.poll() is None:
            _kill_group(process)
            await _ends_within(REAPED_WITHIN, process)


def _start(words: Sequence[str], stdin: int, stderr: int) -> Process:
    return subprocess.Popen(words, stdin=stdin, stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True)


async def _end(process: Process, limit: float, stderr: _Heard) -> None:
    """Wait for the end of a program. Raises ProgramError unless that is there in time, and a good one."""
    if not await _ends_within(limit, process):
        raise ProgramError(f"the command was killed after {limit:g} s")
    code = process.returncode
    if code:
        how = f"failed with exit code {code}" if code > 0 else f"was ended by signal {-code}"
        raise ProgramError(f"the command {how}", stderr.last_line())


async def _ends_within(seconds: float, process: Process) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.to_thread(process.wait)
            return True
    return False


def _kill_group(process: Process) -> None:
    with suppress(OSError):  # it has just ended
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
