"""Lines that were typed: done, or given back with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slcp.errors import SlcpError
from slcpctl.conversing.actions import Actions
from slcpctl.conversing.state import State
from slcpctl.conversing.tasks import Doing, Spawn
from slcpctl.conversing.typed import PartlyDoneError, Quit, parse

GiveBack = Callable[[str], object]  # takes the line that says what is not done


class Obeying:
    """Does what lines say."""

    def __init__(self, state: State[Any], actions: Actions[Any], spawn: Spawn) -> None:
        self._state = state
        self._actions = actions
        self._spawn = spawn

    def obey(self, line: str, give_back: GiveBack, close: Callable[[], object]) -> None:
        """Do what a line says that is not blank, as it is meant now; `close` if that is to quit.

        What cannot be done is given back, now or later, and the reason is shown.
        """
        try:
            typed = parse(line)
            doing = None if isinstance(typed, Quit) else self._actions.obey(typed)
        except SlcpError as error:
            self._refuse(line, error, give_back)
            return
        if isinstance(typed, Quit):
            close()
        if doing:
            self._spawn(self._finish(doing, line, give_back))

    async def _finish(self, doing: Doing, line: str, give_back: GiveBack) -> None:
        try:
            await doing
        except SlcpError as error:
            self._refuse(line, error, give_back)

    def _refuse(self, line: str, error: SlcpError, give_back: GiveBack) -> None:
        self._state.complain(error)
        give_back(error.rest if isinstance(error, PartlyDoneError) else line)
