"""TLS 1.3 over a pair of streams that has begun already: its first bytes tell that it is TLS.

`asyncio.start_tls` wants a stream of which nothing has been read; so the handshake runs over two
buffers in memory here. Certificates are not judged by TLS: who the peer is, its key tells
(slcpd/handshake.py).
"""

import ssl
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from pathlib import Path

from slcp.errors import BadInput, ProtocolError

FIRST_BYTE = 0x16  # of a TLS handshake record (RFC 8446, 5.1); no command of SLCP begins with it
CHUNK = 1 << 18  # bytes read at a time


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
    """An encrypted stream. Everything raises ProtocolError (NO_TLS) where the peer breaks TLS, and OSError."""

    def __init__(
        self, reader: StreamReader, writer: StreamWriter, context: ssl.SSLContext, is_server: bool, first: bytes = b""
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=is_server)
        self._in.write(first)

    async def handshake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                await self._receive()
            except ssl.SSLError as error:
                self._flush()  # the alert that tells the peer why
                raise ProtocolError(BadInput.NO_TLS, error.reason or "") from error
            else:
                self._flush()
                return

    @property
    def certificate(self) -> bytes:
        """The peer's, DER; empty where it has shown none."""
        return self._tls.getpeercert(binary_form=True) or b""

    async def read(self) -> bytes:
        """Return the next bytes, b"" at the end of the stream, whoever has ended it."""
        while True:
            try:
                return self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                self._flush()
                await self._receive()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as error:
                raise ProtocolError(BadInput.NO_TLS, error.reason or "") from error

    def write(self, data: bytes) -> None:
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            raise ProtocolError(BadInput.NO_TLS, error.reason or "") from error
        self._flush()

    @property
    def unsent(self) -> int:
        """Bytes that our system has not taken yet, since the peer takes none."""
        return self._writer.transport.get_write_buffer_size()

    async def drain(self) -> None:
        await self._writer.drain()

    def close(self) -> None:
        """Tell the peer that nothing more comes, and close; what it has not taken by now is dropped."""
        with suppress(ssl.SSLError):  # it waits for the peer's word, which we do not need
            self._tls.unwrap()
        self._flush()
        if self.unsent:
            self.abort()  # a peer that never reads must not keep a descriptor
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()

    async def _receive(self) -> None:
        data = await self._reader.read(CHUNK)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()

    def _flush(self) -> None:
        data = self._out.read()
        if data and not self._writer.is_closing():
            self._writer.write(data)
