"""The floor of a JOIN: a DatagramProtocol that only counts.

python counting.py PORT

Answers each line on its standard input with the number of datagrams until now.
"""

import asyncio
import socket
import sys

RECEIVE_BUFFER = 4 << 20  # bytes asked of the system, as slcpd does


class Counter(asyncio.DatagramProtocol):
    """Counts."""

    def __init__(self) -> None:
        self.number = 0

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:  # noqa: ARG002  # as asyncio calls it
        self.number += 1


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    bound.bind(("127.0.0.1", port))
    _, counter = await loop.create_datagram_endpoint(Counter, sock=bound)
    ended = asyncio.Event()

    def tell() -> None:
        if not sys.stdin.readline():
            ended.set()
            return
        sys.stdout.write(f"counted {counter.number}\n")
        sys.stdout.flush()

    loop.add_reader(sys.stdin, tell)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
