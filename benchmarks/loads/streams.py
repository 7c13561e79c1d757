"""Plain programs that send an image at once, each from an address of loopback of its own: as a process.

    python -m benchmarks.loads.streams PORT HANDLE IMAGE NUMBER

For each line on its standard input they connect, send, and wait until the other side has closed; then it says `done`.
"""

import asyncio
import sys
from pathlib import Path

from benchmarks.loads.joiner import address_of


async def send(port: int, handle: str, image: Path, ip: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ip, 0))
    writer.write(f"IMG {handle} {image.stat().st_size}\n".encode())
    await writer.drain()
    with image.open("rb") as file:
        await asyncio.get_running_loop().sendfile(writer.transport, file)
    writer.write_eof()
    if await reader.read():
        raise RuntimeError("it said something")
    writer.close()


async def send_all(port: int, handle: str, image: Path, number: int) -> None:
    async with asyncio.TaskGroup() as group:
        for each in range(number):
            group.create_task(send(port, handle, image, address_of(each)))


def main(port: str, handle: str, image: str, number: str) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        asyncio.run(send_all(int(port), handle, Path(image), int(number)))
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
