"""What the user does, by key, mouse or a typed line."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from slcp.async_client import Requests
from slcp.client import Json
from slcpctl.chat.acting import act
from slcpctl.chat.images import open_image, save_image
from slcpctl.chat.typed import (
    Choose,
    OpenImage,
    Quit,
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
    parse,
)
from slcpctl.render import Line
from slcpctl.screen.help import help_lines
from slcpctl.screen.paging import Paging
from slcpctl.screen.pane import Pane
from slcpctl.screen.state import Page, State
from slcpctl.view.model import EVERYONE
from slcpctl.view.timeline import Timeline

Spawn = Callable[[Coroutine[None, None, None]], object]


class Actions:
    """Does what the user wants, and tells in the state what came of it."""

    def __init__(self, state: State, requests: Requests, paging: Paging, spawn: Spawn) -> None:
        self._state = state
        self._requests = requests
        self._paging = paging
        self._spawn = spawn

    # Where to look

    def open(self, to: str) -> None:
        """Show a conversation."""
        self._state.open(to)
        self._state.notice = []

    def open_next(self, steps: int) -> None:
        """Show the conversation so many rows further down in the list."""
        names = [EVERYONE, *(person.handle for person in self._state.model.people.rows)]
        now = self._state.model.conversation or EVERYONE
        index = names.index(now) if now in names else 0
        self.open(names[(index + steps) % len(names)])

    def open_next_unread(self) -> None:
        """Show the next conversation in which something is unread."""
        handle = self._state.model.people.next_unread(self._state.model.conversation)
        if handle is None:
            self._state.tell([[("dim", "nothing is unread")]])
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
        conversation = self._state.conversation
        if conversation.timeline.has_newer:
            self.open(self._state.model.to)
        conversation.to_end()

    def help(self) -> None:
        """Show what can be typed and pressed."""
        self._state.page = Page("Help", help_lines())

    # Search

    def search(self, words: str = "") -> None:
        """Show the messages of the conversation that have these words; without words there are none."""
        found = Pane(Timeline(self._state.model.conversation, words))
        found.timeline.has_older = bool(words.strip())
        self._state.found, self._state.page = found, None

    def go_to_chosen(self) -> None:
        """Leave the search for the conversation, at the chosen hit."""
        found = self._state.found
        if found is None or not found.timeline.entries:
            return
        entry = found.chosen_entry or found.timeline.entries[-1]
        to = self._state.model.to
        self._state.open(to)
        self._state.conversation.is_loading = True
        self._spawn(self._go_to(self._state.conversation, entry.seq))

    async def _go_to(self, conversation: Pane, seq: int) -> None:
        await self._paging.load_around(conversation, seq)
        conversation.look_at(conversation.find(seq))

    # The chosen message

    def retry(self) -> None:
        """Send the chosen message again."""
        self._ask_of_chosen("retry", ("failed", "cancelled"))

    def cancel(self) -> None:
        """Withdraw the chosen message."""
        self._ask_of_chosen("cancel", ("queued",))

    def _ask_of_chosen(self, method: str, states: tuple[str, ...]) -> None:
        entry = self._state.pane.chosen_entry
        copies = [copy for copy in entry.copies if copy["state"] in states] if entry else []
        if not copies:
            self._state.tell([[("bad", f"{method} is for messages that are {' or '.join(states)}")]])
        self._spawn(self._ask_of(method, copies))

    async def _ask_of(self, method: str, messages: list[Json]) -> None:
        for message in messages:
            await self._requests.request(method, id=message["id"])

    def open_image(self) -> None:
        """Show the chosen image, or the newest one, with the viewer of the desktop."""
        self._state.tell(open_image(self._image()))

    def save_image(self, to: str) -> None:
        """Copy the chosen image, or the newest one, to a file or into a folder."""
        self._state.tell(save_image(self._image(), to))

    def _image(self) -> Json:
        image = self._state.pane.newest_image()
        if image is None:
            raise TypedError("no image is here; Tab chooses a message")
        return image

    # Typed lines

    async def obey(self, line: str) -> bool:
        """Do what a typed line says. Returns whether it was the last. Raises SlcpError."""
        self._state.notice, self._state.page = [], None
        typed = parse(line)
        if isinstance(typed, Quit):
            return True
        await self._do(typed)
        return False

    async def _do(self, typed: Typed) -> None:
        match typed:
            case Choose(to):
                self.open(to)
            case ShowHistory(with_):
                self.open(with_ or EVERYONE)
            case Search(words):
                self.search(words)
            case ShowHelp():
                self.help()
            case OpenImage():
                self.open_image()
            case SaveImage(path):
                self.save_image(path)
            case _:
                title = {ShowUsers: "Who is here", ShowKeys: "Keys"}.get(type(typed), "")
                lines = await act(typed, self._requests, self._state.model.to)
                if isinstance(typed, SendText | SendImages):
                    lines = self._sent(typed.to)
                self._state.tell(lines, title)

    def _sent(self, to: str | None) -> list[Line]:
        """See what was sent; say where that is if it was not to whom we write."""
        if to in (None, self._state.model.to):
            self.to_newest()
            return []
        name = "everyone" if to == EVERYONE else to
        return [[("dim", f"queued for {name}; /to {name} shows what becomes of it")]]
