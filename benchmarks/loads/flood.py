"""A plain program that writes texts without end, so many a second, on one connection: a load, as a process.

    python -m benchmarks.loads.flood PORT HANDLE RATE

Writes between two lines on its standard input, `begin` and `end`, and then says how many a second it has written.
"""

import select
import socket
import sys
import time

MOST_SECONDS = 120.0  # of one flood, should nobody end it


def flood(connection: socket.socket, handle: str, rate: float) -> float:
    """Write texts until a line comes. Returns how many a second it was."""
    began = time.monotonic()
    written = 0
    while time.monotonic() - began < MOST_SECONDS:
        connection.sendall(f'MSG {handle} "text {written} of a flood"\n'.encode())
        written += 1
        if select.select([sys.stdin], [], [], max(0.0, began + written / rate - time.monotonic()))[0]:
            break
    return written / (time.monotonic() - began)


def main(port: str, handle: str, rate: str) -> None:
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while sys.stdin.readline():
            written = flood(connection, handle, float(rate))
            sys.stdin.readline()
            sys.stdout.write(f"written {written}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
