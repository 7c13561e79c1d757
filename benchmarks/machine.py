"""The machine that the figures are of, and what its kernel tells of a process."""

import os
import platform
import re
from pathlib import Path

MIB = 1 << 20
KIB = 1 << 10


def name() -> str:
    """Name the machine in one line."""
    return f"{_processor()}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else platform.machine()


def memory(pid: int) -> int:
    """Return the bytes of a process that are in memory now."""
    return _status(pid, "VmRSS") * KIB


def peak_memory(pid: int) -> int:
    """Return the most bytes that were in memory since forget_peak()."""
    return _status(pid, "VmHWM") * KIB


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")  # proc(5): resets VmHWM


def wake_ups(pid: int) -> int:
    """Count how often the threads of a process have gone to sleep."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(_status(int(task.name), "voluntary_ctxt_switches") for task in tasks)


def _status(pid: int, key: str) -> int:
    words = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(rf"^{key}:\s*(\d+)", words, re.MULTILINE)
    return int(found[1]) if found else 0


class UdpQueue:
    """The datagrams that wait at a port to be read, and those that were lost there."""

    def __init__(self, port: int) -> None:
        self._port = port

    def is_empty(self) -> bool:
        return not any(waiting for waiting, _ in self._sockets())

    def lost(self) -> int:
        return sum(lost for _, lost in self._sockets())

    def _sockets(self) -> list[tuple[int, int]]:
        """Read tx_queue:rx_queue and drops of /proc/net/udp."""
        rows = [line.split() for line in Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]]
        ours = [row for row in rows if int(row[1].rpartition(":")[2], 16) == self._port]
        return [(int(row[4].partition(":")[2], 16), int(row[-1])) for row in ours]
