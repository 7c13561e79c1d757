"""The answer to `status`: what one would ask first when something is odd."""

import asyncio
import os
from collections import Counter
from typing import NamedTuple

from slcp import API_VERSION, __version__
from slcp.config import Layers
from slcp.membership import Membership
from slcp.node import Node
from slcp.peers import MAX_PEERS
from slcp.places import Places
from slcp.presence import Presence
from slcp.results import HelloResult, StatusResult
from slcpd.connections import Connections
from slcpd.history import History
from slcpd.journal import Journal
from slcpd.local_socket import MAX_CLIENTS
from slcpd.publishing import Publisher
from slcpd.receiving import MAX_CONNECTIONS, MAX_CONNECTIONS_PER_HOST, MAX_IMAGES_PER_HOST
from slcpd.sessions import MAX_KEPT, Sessions

LIMITS = {
    "peers": MAX_PEERS,
    "connections": MAX_CONNECTIONS,
    "connections_per_host": MAX_CONNECTIONS_PER_HOST,
    "images_per_host": MAX_IMAGES_PER_HOST,
    "streams": MAX_KEPT,
    "clients": MAX_CLIENTS,
}


class Profile(NamedTuple):
    """What the daemon was started with."""

    name: str
    layers: Layers
    places: Places
    started: float  # seconds of the loop's clock


class OpenNow(NamedTuple):
    """What is open."""

    peers: Connections  # that others have opened
    streams: Sessions
    clients: Connections


class StatusReport:
    """Looks at the parts when asked."""

    def __init__(
        self,
        profile: Profile,
        me: Node,
        presence: Presence,
        membership: Membership,
        history: History,
        journal: Journal,
        publisher: Publisher,
        open_now: OpenNow,
    ) -> None:
        self._profile = profile
        self._me = me
        self._presence = presence
        self._membership = membership
        self._history = history
        self._journal = journal
        self._publisher = publisher
        self._open = open_now

    def hello(self) -> HelloResult:
        """Say who we are, and the newest seq; what every client asks first."""
        return HelloResult(__version__, API_VERSION, self._me.handle, self._history.last_seq())

    def status(self) -> StatusResult:
        """Say how we are."""
        places = self._profile.places
        return StatusResult(
            version=__version__,
            api=API_VERSION,
            pid=os.getpid(),
            profile=self._profile.name,
            handle=self._me.handle,
            port=self._me.port,
            whoisport=self._profile.layers.config.whoisport,
            here=self._membership.is_here,
            uptime=round(asyncio.get_running_loop().time() - self._profile.started, 3),
            links=[f"{link.interface} {link.ip}" for link in self._me.links.links],
            users=dict(Counter(str(peer.state) for peer in self._presence.peers.all())),
            queued=self._history.mailbox.count_queued(),
            connections=self._open.peers.number,
            streams=self._open.streams.number,
            clients=self._open.clients.number,
            subscribers=self._journal.followers,
            seq=self._history.last_seq(),
            storage=self._history.trouble or "ok",
            dropped={str(reason): number for reason, number in self._publisher.dropped.items()},
            limits=LIMITS,
            files={
                "config": str(places.config),
                "settings": str(places.settings),
                "history": str(places.database),
                "log": str(places.log),
                "socket": str(places.socket),
            },
        )
