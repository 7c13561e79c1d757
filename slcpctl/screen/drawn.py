"""Messages that were drawn: lines that have not changed are not made again, and the longest take long."""

from __future__ import annotations

from slcp.bounded import put_last
from slcpctl.screen.cells import Line
from slcpctl.screen.drawing import Facts, dividers, fixed, moving
from slcpctl.view.messages import Entry

KEPT = 300  # messages: some screens full of them


class Drawn:
    """Draws messages, and keeps their lines."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[object, list[Line]]] = {}  # by seq: what they depend on, and the lines

    def block(self, entry: Entry, before: Entry | None, facts: Facts) -> list[Line]:
        """Return what drawing.block returns."""
        states = [(copy["state"], copy["reason"]) for copy in entry.copies]
        depends_on = facts.columns, facts.own, facts.is_everyone, states
        kept = self._kept.get(entry.seq)
        if kept is None or kept[0] != depends_on:
            kept = depends_on, fixed(entry, facts)
            put_last(self._kept, entry.seq, kept, KEPT)
        return [*dividers(entry, before, facts), *kept[1], *moving(entry, facts)]
