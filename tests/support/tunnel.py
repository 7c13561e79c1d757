"""A VPN for the tests: an interface without broadcast on each of two hosts, and a relay of packets between them."""

import fcntl
import os
import select
import struct
import threading
from types import TracebackType
from typing import Self

from lan import Host

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000
MTU = 1500


class Tunnel:
    """An interface `tunnel` on each of two hosts; gone when the context ends."""

    def __init__(self, first: Host, here: str, second: Host, there: str) -> None:
        self._ends = [first.run_inside(_open_device), second.run_inside(_open_device)]
        first.set_up_tunnel(here, there)
        second.set_up_tunnel(there, here)
        self._stop = os.pipe()
        self._relay = threading.Thread(target=self._pass_on)

    def __enter__(self) -> Self:
        self._relay.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._stop[1], b"x")
        self._relay.join()
        for descriptor in (*self._ends, *self._stop):
            os.close(descriptor)

    def _pass_on(self) -> None:
        first, second = self._ends
        while True:
            ready, _, _ = select.select([first, second, self._stop[0]], [], [])
            if self._stop[0] in ready:
                return
            for end in ready:
                os.write(second if end == first else first, os.read(end, MTU))


def _open_device() -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", b"tunnel", IFF_TUN_WITHOUT_HEADER))
    return descriptor
