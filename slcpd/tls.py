"""TLS 1.3 over a pair of streams that has begun already: its first bytes tell that it is TLS.

`asyncio.start_tls` wants a stream of which nothing has been read; so the handshake runs over two
buffers in memory here. Certificates are not judged by TLS: who the peer is, its key tells
(slcpd/handshake.py).
"""

import ssl
import threading
from asyncio import StreamReader, StreamWriter, Transport
from contextlib import suppress
from pathlib import Path
from typing import cast

from slcp.errors import BadInput, ProtocolError
from slcpd.inflow import Inflow

FIRST_BYTE = 0x16  # of a TLS handshake record (RFC 8446, 5.1); no command of SLCP begins with it
CHUNK = 1 << 18  # bytes read at a time
RECORD = 1 << 14  # bytes: the most that one holds (RFC 8446, 5.1)
DECRYPTED_AT_ONCE = 1 << 20  # bytes
ENDLESS = 1 << 62  # bytes: while an image comes so does all else of its stream


def server_context(identity: Path) -> ssl.SSLContext:
    """Return the settings of who is connected to, and proves its key by its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0  # one stream is kept; nobody resumes
    context.load_cert_chain(identity)
    return context


def client_context() -> ssl.SSLContext:
    """Return the settings of who connects, and looks at the certificate itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TlsStream:
    """An encrypted stream.

    Everything raises ProtocolError (NO_TLS) where the peer breaks TLS, and OSError.
    """

    def __init__(
        self, reader: StreamReader, writer: StreamWriter, context: ssl.SSLContext, is_server: bool, first: bytes = b""
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=is_server)
        self._in.write(first)
        self._turn = threading.Lock()  # OpenSSL lets one at a time use a connection; each has it for a fraction of a ms
        self._inflow: Inflow | None = None
        self._room = memoryview(b"")  # for what is decrypted, while much comes
        self._decrypted: bytes | memoryview = b""  # not read yet
        self._wants_more = False  # to decrypt any more of them
        self._is_ended = False  # behind these
        self._failure: ProtocolError | None = None  # behind these

    async def handshake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.flush()
                await self._receive()
            except ssl.SSLError as error:
                self.flush()  # the alert that tells the peer why
                raise ProtocolError(BadInput.NO_TLS, error.reason or "") from error
            else:
                self.flush()
                return

    @property
    def certificate(self) -> bytes:
        """The peer's, DER; empty where it has shown none."""
        return self._tls.getpeercert(binary_form=True) or b""

    async def read(self) -> bytes | memoryview:
        """Return the next bytes, good until the next call; b"" at the end, whoever has ended the stream."""
        while not self._decrypted:
            if self._failure:
                raise self._failure
            if self._is_ended:
                return b""
            self._wants_more = False
            self._decrypt()
            if self._wants_more and not self._decrypted:
                self.flush()
                await self._receive()
        data, self._decrypted = self._decrypted, b""
        return data

    def expect(self, much: bool) -> None:
        """Take what comes in larger pieces from now on, or no longer."""
        if much and self._inflow is None:
            self._inflow = Inflow(self._reader, cast("Transport", self._writer.transport), ENDLESS)
            self._room = memoryview(bytearray(DECRYPTED_AT_ONCE))
        elif self._inflow and not much:
            self._inflow.give_back()
            self._inflow = None
            self._room = memoryview(b"")

    def write(self, data: bytes) -> None:
        self.encrypt(data)
        self.flush()

    def encrypt(self, data: bytes | memoryview) -> None:
        """Make ready to be flushed; in any thread."""
        try:
            with self._turn:
                self._tls.write(data)
        except ssl.SSLError as error:
            raise ProtocolError(BadInput.NO_TLS, error.reason or "") from error

    @property
    def unsent(self) -> int:
        """Bytes that our system has not taken yet, since the peer takes none."""
        return self._writer.transport.get_write_buffer_size()

    async def drain(self) -> None:
        await self._writer.drain()

    def close(self) -> None:
        """Tell the peer that nothing more comes, and close; what it has not taken by now is dropped."""
        with suppress(ssl.SSLError), self._turn:  # it waits for the peer's word, which we do not need
            self._tls.unwrap()
        self.flush()
        if self.unsent:
            self.abort()  # a peer that never reads must not keep a descriptor
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()

    def _decrypt(self) -> None:
        """Decrypt what is here, or a part of it: in the loop, as a thread would fight with it for each record."""
        try:
            with self._turn:
                self._read_records()
        except ssl.SSLWantReadError:
            self._wants_more = True
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self._is_ended = True
        except ssl.SSLError as error:
            self._failure = ProtocolError(BadInput.NO_TLS, error.reason or "")

    def _read_records(self) -> None:
        if not self._room:
            self._decrypted = self._tls.read(RECORD)
            self._is_ended = not self._decrypted
            return
        room, filled = self._room, 0
        try:
            while filled < len(room) and not self._is_ended:
                came = cast("int", self._tls.read(RECORD, room[filled:]))
                filled += came
                self._is_ended = not came
        finally:
            self._decrypted = room[:filled]

    async def _receive(self) -> None:
        data = await (self._inflow.next() if self._inflow else self._reader.read(CHUNK))
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()

    def flush(self) -> None:
        """Send what is encrypted. Only the loop does: so it goes in the order in which it was."""
        with self._turn:
            data = self._out.read()
        if data and not self._writer.is_closing():
            self._writer.write(data)
