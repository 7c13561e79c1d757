"""Asking who somebody is, before the first message to one whom we have not heard ourselves.

Others name peers, and so does the history; neither tells how they speak (docs/protocol.md, 4).
"""

import asyncio
from collections.abc import Callable

from slcp.announcing import Announcer
from slcp.bounded import put_last
from slcp.messages import Address
from slcp.peers import PeerChanged, PeerEvent, PeerJoined

ANSWER_WITHIN = 0.25  # seconds: a LAN takes milliseconds
AGAIN_AFTER = 60.0  # seconds until one who did not answer is asked again
MAX_ASKED = 1024  # addresses remembered


class Introductions:
    """Asks WHO by unicast and waits for a word."""

    def __init__(self, announcer: Announcer, flush: Callable[[], None]) -> None:
        self._announcer = announcer
        self._flush = flush  # sends what the announcer says
        self._asked: dict[Address, float] = {}  # when, the oldest first
        self._waiting: dict[Address, asyncio.Event] = {}

    async def ask(self, address: Address) -> None:
        """Ask who is at `address`; return when somebody there has spoken, or does not."""
        now = asyncio.get_running_loop().time()
        if now - self._asked.get(address, -AGAIN_AFTER) < AGAIN_AFTER:
            return
        put_last(self._asked, address, now, MAX_ASKED)
        self._announcer.greet(address)  # beyond a router WHO alone is not heard
        self._announcer.ask(address)
        self._flush()
        await self._wait(address)

    def notice(self, event: PeerEvent) -> None:
        """Take note of who has spoken."""
        if isinstance(event, PeerJoined | PeerChanged) and not event.peer.second_hand:
            heard = self._waiting.get(event.peer.address)
            if heard:
                heard.set()

    async def _wait(self, address: Address) -> None:
        heard = self._waiting.setdefault(address, asyncio.Event())
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await heard.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.pop(address, None)
