"""A client that asks again and again: how long a daemon lets it wait, seen from outside, as a process.

    python -m benchmarks.loads.pinger SOCKET

Sends `hello` a millisecond after each answer, until its standard input ends; then tells how often, the
median and the longest, in milliseconds.
"""

import select
import socket
import statistics
import sys
import time

HELLO = b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{}}\n'
PAUSE = 0.001  # seconds


def main(path: str) -> None:
    waits = []
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        lines = connection.makefile("rb")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        is_over = False
        while not is_over:
            began = time.perf_counter()
            connection.sendall(HELLO)
            lines.readline()
            waits.append((time.perf_counter() - began) * 1000)
            is_over = bool(select.select([sys.stdin], [], [], PAUSE)[0])
    sys.stdout.write(f"asked {len(waits)} {statistics.median(waits)} {max(waits)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
