"""UDP sockets that tell what was sent to us alone from what was sent to all (docs/protocol.md, 2.5).

The address that a datagram came from does not show that, nor does the port that it came to: both
of our sockets hear broadcasts, and at whoisport those who have named us ask us alone.
"""

import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress

IP_PKTINFO = 8  # linux/in.h; `socket` has it from Python 3.14 on
PKTINFO = struct.Struct("=i4s4s")  # number of the interface, our address there, the address that it was sent to
ANCILLARY = socket.CMSG_SPACE(PKTINFO.size) if hasattr(socket, "CMSG_SPACE") else 0  # bytes
MAX_DATAGRAM = 1 << 16  # bytes: no longer one goes through IPv4
RECEIVE_BUFFERS = (4 << 20, 1 << 20)  # bytes asked of the system: thousands of datagrams that arrive at once

Heard = tuple[bytes, tuple[str, int, bool | None]]


class DatagramSocket(socket.socket):
    """Adds to the source of a datagram whether it was sent to all; None where the system does not tell."""

    _buffer = memoryview(bytearray(MAX_DATAGRAM))  # of all: one loop reads them, one after the other

    def __init__(self) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_DGRAM)
        self._ask_for_room()
        self._tells = sys.platform == "linux"
        if self._tells:
            self.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)

    def _ask_for_room(self) -> None:
        """Have many datagrams wait; Linux grants what it can of the first size, BSD refuses one over its limit."""
        for size in RECEIVE_BUFFERS:
            with suppress(OSError):
                self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
                return

    def recvfrom(self, size: int, flags: int = 0) -> Heard:  # what asyncio reads with
        if not self._tells:
            data, (ip, port) = super().recvfrom(size, flags)
            return data, (ip, port, None)
        # Into one buffer: asyncio asks for 256 KiB, which malloc maps and unmaps for each datagram, for 15 us.
        length, ancillary, _, (ip, port) = self.recvmsg_into([self._buffer[:size]], ANCILLARY, flags)
        return bytes(self._buffer[:length]), (ip, port, was_sent_to_all(ancillary))

    def waiting(self, at_most: int) -> Iterator[Heard]:
        """Yield the datagrams that have come by now, each when it is asked for; none on Windows, whose loop reads."""
        if sys.platform != "win32":
            with suppress(OSError):  # none waits, or the system has something to say of one that we sent
                for _ in range(at_most):
                    yield self.recvfrom(MAX_DATAGRAM)


def was_sent_to_all(ancillary: Iterable[tuple[int, int, bytes]]) -> bool | None:
    """Tell whether the address that a datagram was sent to is not that of one interface of ours."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO) and len(data) == PKTINFO.size:
            _, ours, sent_to = PKTINFO.unpack(data)
            return bool(ours != sent_to)
    return None
