"""python-zeroconf on one host: publishes a service, or finds all of its kind.

python zeroconf_host.py publish NAME IP
python zeroconf_host.py seek NUMBER IP
"""

import socket
import sys
import threading

from zeroconf import ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

KIND = "_slcp-bench._tcp.local."
ANSWERS_WITHIN = 3_000  # ms for what a service is, besides its name


class Finder:
    """Counts those of whom it knows where they are."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._found: set[str] = set()
        self.has_all = threading.Event()

    def notice(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Added and zeroconf.get_service_info(service_type, name, ANSWERS_WITHIN):
            self._found.add(name)
        if len(self._found) >= self._number:
            self.has_all.set()


def publish(name: str, ip: str) -> None:
    own = ServiceInfo(KIND, f"{name}.{KIND}", port=5001, addresses=[socket.inet_aton(ip)], server=f"{name}.local.")
    with Zeroconf(interfaces=[ip]) as zeroconf:
        zeroconf.register_service(own)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        threading.Event().wait()


def seek(number: str, ip: str) -> None:
    finder = Finder(int(number))
    with Zeroconf(interfaces=[ip]) as zeroconf:
        ServiceBrowser(zeroconf, KIND, handlers=[finder.notice])
        finder.has_all.wait()
        sys.stdout.write(f"found {number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    {"publish": publish, "seek": seek}[sys.argv[1]](*sys.argv[2:])
