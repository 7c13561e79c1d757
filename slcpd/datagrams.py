"""UDP sockets that tell what was sent to us alone from what was sent to all (docs/protocol.md, 2.5).

The address that a datagram came from does not show that, nor does the port that it came to: both
of our sockets hear broadcasts, and at whoisport those who have named us ask us alone.
"""

import socket
import struct
import sys
from collections.abc import Iterable

IP_PKTINFO = 8  # linux/in.h; `socket` has it from Python 3.14 on
PKTINFO = struct.Struct("=i4s4s")  # number of the interface, our address there, the address that it was sent to

Heard = tuple[bytes, tuple[str, int, bool | None]]


class DatagramSocket(socket.socket):
    """Adds to the source of a datagram whether it was sent to all; None where the system does not tell."""

    def __init__(self) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_DGRAM)
        self._tells = sys.platform == "linux"
        if self._tells:
            self.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)

    def recvfrom(self, size: int, flags: int = 0) -> Heard:  # what asyncio reads with
        if not self._tells:
            data, (ip, port) = super().recvfrom(size, flags)
            return data, (ip, port, None)
        data, ancillary, _, (ip, port) = self.recvmsg(size, socket.CMSG_SPACE(PKTINFO.size), flags)
        return data, (ip, port, was_sent_to_all(ancillary))


def was_sent_to_all(ancillary: Iterable[tuple[int, int, bytes]]) -> bool | None:
    """Tell whether the address that a datagram was sent to is not that of one interface of ours."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO) and len(data) == PKTINFO.size:
            _, ours, sent_to = PKTINFO.unpack(data)
            return bool(ours != sent_to)
    return None
