"""Pages of the history, fetched when what is seen comes near the end of what is loaded."""

from __future__ import annotations

from slcp.async_client import Requests
from slcp.client import Json
from slcpctl.conversing.pane import Pane


class Paging:
    """Loads pages into panes. A pane of which a page cannot be had asks for no more of them."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def load(self, pane: Pane) -> None:
        """Load the page that is lacking now. Raises SlcpError."""
        timeline, lacking = pane.timeline, pane.lacks
        if lacking is None:
            return
        pane.is_loading = True
        if lacking == "older":
            timeline.add_older(*await self._page(timeline.older()))
        else:
            timeline.add_newer(*await self._page(timeline.newer()))
        pane.is_loading = False

    async def load_around(self, pane: Pane, seq: int) -> None:
        """Load the messages on both sides of `seq`. Raises SlcpError."""
        pane.is_loading = True
        before, behind = pane.timeline.around(seq)
        pane.timeline.has_newer = True  # what comes meanwhile would leave a gap
        pane.timeline.add_older(*await self._page(before))
        pane.timeline.add_newer(*await self._page(behind))
        pane.is_loading = False

    async def _page(self, query: Json) -> tuple[list[Json], bool | None]:
        """Return the messages of a page, and whether there are others. Raises SlcpError."""
        page = await self._requests.request("history", **query)
        return page["messages"], page.get("more")
