"""The port for images of `json` programs: open while one of them is about.

They send images to the chat port + 100, as JSON; nobody else has business there.
"""

import asyncio
import logging
from asyncio import Task, TaskGroup
from collections.abc import Callable
from socket import socket

from slcp.peers import PeerChanged, PeerEvent, PeerJoined, PeerLeft, PeerTable
from slcpd.connections import Accept

log = logging.getLogger(__name__)


class JsonListener:
    """Listens when a `json` peer is here."""

    def __init__(self, group: TaskGroup, peers: PeerTable, bind: Callable[[], socket], accept: Accept) -> None:
        self._group = group
        self._peers = peers
        self._bind = bind
        self._accept = accept
        self._listening: Task[None] | None = None

    def notice(self, event: PeerEvent) -> None:
        """Open the port for the first who comes, close it behind the last who goes."""
        if not isinstance(event, PeerJoined | PeerChanged | PeerLeft):
            return
        if event.peer.dialect.is_json and event.peer.is_here:
            self._open()
        elif self._listening and not any(peer.dialect.is_json for peer in self._peers.here()):
            self._listening.cancel()
            self._listening = None

    def _open(self) -> None:
        if self._listening is None or self._listening.done():
            self._listening = self._group.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            bound = self._bind()
        except OSError as error:
            log.warning("images of JSON programs cannot be taken: %s", error)
            return
        server = await asyncio.start_server(self._accept, sock=bound)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
