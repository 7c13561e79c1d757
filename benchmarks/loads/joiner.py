"""Many peers that join at once, each from an address of loopback of its own: a load, as a process.

    python -m benchmarks.loads.joiner PORT FIRST NUMBER RATE

Sends JOIN to 127.0.0.1:PORT for each line on its standard input, so many a second (0: as fast as it can), and
says when it began and ended, in seconds of the system's monotonic clock. One socket is enough: IP_PKTINFO says
from which address each datagram leaves.
"""

import socket
import struct
import sys
import time

IP_PKTINFO = 8  # linux/in.h
PKTINFO = struct.Struct("=i4s4s")  # number of the interface, the address to send from, unused
CHAT_PORT = 9  # where nobody listens: what is sent there goes to no one


def address_of(number: int) -> str:
    """Number the addresses of 127.0.0.0/8 from 127.1.1.1 on; none ends in 0 or 255."""
    return f"127.{number // 62_500 + 1}.{number // 250 % 250 + 1}.{number % 250 + 1}"


def handle_of(number: int) -> str:
    return f"User{number}"


def join(port: int, first: int, number: int, rate: float) -> tuple[float, float]:
    """Send the datagrams. Returns when it began and ended."""
    numbers = range(first, first + number)
    datagrams = [f"JOIN {handle_of(each)} {CHAT_PORT}\n".encode() for each in numbers]
    sources = [PKTINFO.pack(0, socket.inet_aton(address_of(each)), bytes(4)) for each in numbers]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as voice:
        began = time.monotonic()
        for index, (datagram, source) in enumerate(zip(datagrams, sources, strict=True)):
            early = began + index / rate - time.monotonic() if rate else 0
            if early > 0:
                time.sleep(early)
            voice.sendmsg([datagram], [(socket.IPPROTO_IP, IP_PKTINFO, source)], 0, ("127.0.0.1", port))
        return began, time.monotonic()


def main(port: str, first: str, number: str, rate: str) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        began, ended = join(int(port), int(first), int(number), float(rate))
        sys.stdout.write(f"sent {began} {ended}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
