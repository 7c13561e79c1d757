"""What the user does, by key, mouse or a typed line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from slcp.async_client import Requests
from slcp.client import Json
from slcp.errors import SlcpError
from slcp.requests import EVERYONE
from slcpctl.conversing.acting import act
from slcpctl.conversing.images import open_image, save_image
from slcpctl.conversing.paging import Paging
from slcpctl.conversing.state import P, Page, State
from slcpctl.conversing.tasks import Doing, Spawn
from slcpctl.conversing.typed import (
    Choose,
    OpenImage,
    SaveImage,
    Search,
    SendImages,
    SendText,
    ShowHelp,
    ShowHistory,
    ShowKeys,
    ShowUsers,
    Typed,
    TypedError,
)
from slcpctl.conversing.wording import NAME, conversations
from slcpctl.render import Line
from slcpctl.translating import tr
from slcpctl.view.model import recipient

TITLES: dict[type, str] = {ShowUsers: tr("Who is here"), ShowKeys: tr("Keys")}  # of answers that fill a page


class Actions(Generic[P]):
    """Does what the user wants, and tells in the state what came of it."""

    def __init__(
        self,
        state: State[P],
        requests: Requests,
        paging: Paging,
        spawn: Spawn,
        help_lines: Callable[[], list[Line]],
    ) -> None:
        self._state = state
        self._requests = requests
        self._paging = paging
        self._spawn = spawn
        self._help_lines = help_lines

    # Where to look

    def open(self, to: str | None) -> None:
        """Show a conversation."""
        self._state.open(to)
        self._state.notice = []

    def open_next(self, steps: int) -> None:
        """Show the conversation so many rows further down in the list."""
        names = conversations(self._state.model.people)
        now = self._state.model.conversation
        index = names.index(now) if now in names else 0
        self.open(names[(index + steps) % len(names)])

    def open_next_unread(self) -> None:
        """Show the next conversation in which something is unread."""
        handle = self._state.model.people.next_unread(self._state.model.conversation)
        if handle is None:
            self._state.tell([[("dim", tr("nothing is unread"))]])
        else:
            self.open(handle)

    def close(self) -> None:
        """Close what lies on top: an answer, a page, a search; or go back to the newest message."""
        state = self._state
        if state.notice:
            state.notice = []
        elif state.page:
            state.page = None
        elif state.found is not None:
            state.found = None
        else:
            self.to_newest()

    def to_newest(self) -> None:
        """See the newest message of the conversation."""
        if self._state.conversation.timeline.has_newer:
            self.open(self._state.model.to)
        self._state.conversation.to_end()

    def help(self) -> None:
        """Show what can be typed and pressed."""
        self._state.page = Page(tr("Help"), self._help_lines())

    # Search

    def search(self, words: str = "") -> None:
        """Show the messages of the conversation that have these words; without words there are none."""
        self._state.search(words)

    def go_to_chosen(self) -> None:
        """Leave the search for the conversation, at the chosen hit."""
        found = self._state.found
        if found is None or not found.timeline.entries:
            return
        entry = found.chosen_entry or found.timeline.entries[-1]
        self._state.open(self._state.model.to)
        conversation = self._state.conversation
        conversation.is_loading = conversation.timeline.has_newer = True  # what comes meanwhile would leave a gap
        self._spawn(self._go_to(conversation, entry.seq))

    async def _go_to(self, conversation: P, seq: int) -> None:
        await self._paging.load_around(conversation, seq)
        conversation.look_at(conversation.find(seq))

    # The chosen message

    def retry(self) -> None:
        """Send the chosen message again."""
        otherwise = tr("retry is for messages that are failed or cancelled")
        self._ask_of_chosen("retry", ("failed", "cancelled"), otherwise)

    def cancel(self) -> None:
        """Withdraw the chosen message."""
        self._ask_of_chosen("cancel", ("queued", "sending"), tr("cancel is for messages that are queued"))

    def _ask_of_chosen(self, method: str, states: tuple[str, ...], otherwise: str) -> None:
        entry = self._state.pane.chosen_entry
        copies = [copy for copy in entry.copies if copy["state"] in states] if entry else []
        if copies:
            self._spawn(self._ask_of(method, copies))
        else:
            self._state.tell([[("bad", otherwise)]])

    async def _ask_of(self, method: str, messages: list[Json]) -> None:
        """Ask for each message; one that is refused does not keep the others from being asked for."""
        refused: list[Line] = []
        for message in messages:
            try:
                await self._requests.request(method, id=message["id"])
            except SlcpError as error:
                refused.append([("bad", str(error))])
        if refused:
            self._state.tell(refused, method)

    def open_image(self) -> None:
        """Show the chosen image, or the newest one, with the viewer of the desktop. Raises TypedError."""
        self._state.tell(open_image(self._image()))

    def _image(self) -> Json:
        image = self._state.pane.newest_image()
        if image is None:
            raise TypedError(tr("no image is here; choose a message that has one"))
        return image

    # Typed lines

    def obey(self, typed: Typed) -> Doing | None:
        """Do what was typed, as far as that is to be shown; return what is to be asked for, as it is meant now.

        Raises TypedError; what is returned raises SlcpError.
        """
        self._state.notice, self._state.page = [], None
        match typed:
            case Choose(to):
                self.open(recipient(to))
            case ShowHistory(with_):
                self.open(self._state.model.to if with_ is None else recipient(with_))
            case Search(words):
                self.search(words)
            case ShowHelp():
                self.help()
            case OpenImage():
                self.open_image()
            case SaveImage(path):
                return self._save(self._image(), path)
            case _:
                return self._ask(typed, self._state.model.to)
        return None

    async def _save(self, image: Json, path: str) -> None:
        self._state.tell(await save_image(image, path))

    async def _ask(self, typed: Typed, to: str | None) -> None:
        lines = await act(typed, self._requests, EVERYONE if to is None else to)
        if isinstance(typed, SendText | SendImages):
            lines = self._sent(to if typed.to is None else recipient(typed.to))
        self._state.tell(lines, TITLES.get(type(typed), ""))

    def _sent(self, to: str | None) -> list[Line]:
        """See what was sent; say where that is if another conversation is open."""
        if to == self._state.model.to:
            self.to_newest()
            return []
        name = NAME if to is None else to
        return [[("dim", tr("queued for {name}; /to {name} shows what becomes of it", name=name))]]
