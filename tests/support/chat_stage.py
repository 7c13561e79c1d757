"""Who takes part in tests of the chat: daemons and plain programs that find each other, and nobody else."""

from collections.abc import Callable
from pathlib import Path

from daemons import Daemon, World, free_port
from full_screen import Chat
from meeting import meet
from plain import PlainPeer

Open = Callable[..., Chat]
Come = Callable[[str], PlainPeer]
Send = Callable[..., None]


class Stage:
    """Programs that meet at one port of discovery."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.whoisport = free_port()
        self._daemons: list[Daemon] = []
        self._peers = 0

    def world(self, handle: str, **keys: object) -> World:
        """Make the folders of a user, and the configuration."""
        world = World(self.folder / handle)
        world.configure(**{"handle": handle, "port": free_port(), "whoisport": self.whoisport, **keys})
        return world

    def start(self, *worlds: World) -> list[Daemon]:
        """Start daemons all at once; return when all of the stage know each other."""
        daemons = [Daemon(world) for world in worlds]
        self._daemons += daemons
        for daemon in daemons:
            daemon.launch()
        for daemon in daemons:
            daemon.wait_until_ready()
        meet(*self._daemons)
        return daemons

    def peer(self, handle: str) -> PlainPeer:
        """Make a plain program with an address of its own."""
        self._peers += 1
        return PlainPeer(handle, self.whoisport, f"127.0.1.{self._peers}")

    def close(self) -> None:
        for daemon in self._daemons:
            daemon.close()
