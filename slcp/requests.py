"""What clients of the control API ask for: a dataclass a method, its fields are the parameters."""

from dataclasses import dataclass

EVERYONE = "*"  # as `to`: everyone present


@dataclass(frozen=True, slots=True)
class Hello:
    """Who is the daemon?"""


@dataclass(frozen=True, slots=True)
class Status:
    """How is the daemon?"""


@dataclass(frozen=True, slots=True)
class Users:
    """Who is here? With `refresh`, WHO is broadcast first and its answers are waited for."""

    refresh: bool = False


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a text to a handle, a handle@ip:port, a list of these, or "*" for everyone present.

    With `automatic` it is marked as the work of a program, which no other program shall answer.
    """

    to: str | list[str]
    text: str
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class SendImage:
    """Send an image file of this machine; `path` is absolute."""

    to: str | list[str]
    path: str


@dataclass(frozen=True, slots=True)
class History:
    """A page of texts and images, oldest first: the newest `limit` that fit, or the oldest.

    Bounds are seqs, exclusive.
    """

    with_: str | None = None
    before: int | None = None
    after: int | None = None
    limit: int = 50
    search: str | None = None
    oldest: bool = False


@dataclass(frozen=True, slots=True)
class Conversations:
    """With whom were messages exchanged, and how many of them are unread? The newest `limit`."""

    limit: int = 500


@dataclass(frozen=True, slots=True)
class MarkRead:
    """The messages with a handle are read up to a seq; what is read stays so."""

    with_: str
    up_to: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    """All events after `since`, then those to come; without it only those to come."""

    since: int | None = None


@dataclass(frozen=True, slots=True)
class GetConfig:
    """Every key with its value and where that comes from."""


@dataclass(frozen=True, slots=True)
class SetConfig:
    """Change a key for good; None goes back to what the config file says."""

    key: str
    value: bool | int | str | list[str] | None


@dataclass(frozen=True, slots=True)
class Join:
    """Be here again, and ask who else is."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Say LEAVE and stay unseen until join."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Queue a failed or cancelled message again."""

    id: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Withdraw a message that waits to be sent."""

    id: str


@dataclass(frozen=True, slots=True)
class Verify:
    """Show a user's key and ours, to be compared by voice."""

    handle: str


@dataclass(frozen=True, slots=True)
class Trust:
    """Accept the key that a user shows now; with `plain`, that it shows none.

    With `fingerprint` only that key is accepted: the one that was compared.
    """

    handle: str
    plain: bool = False
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Hear nothing more of a user."""

    handle: str


@dataclass(frozen=True, slots=True)
class Unblock:
    """Hear a user again."""

    handle: str


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Leave and end the daemon."""


Request = (
    Hello
    | Status
    | Users
    | SendText
    | SendImage
    | History
    | Conversations
    | MarkRead
    | Subscribe
    | GetConfig
    | SetConfig
    | Join
    | Leave
    | Retry
    | Cancel
    | Verify
    | Trust
    | Block
    | Unblock
    | Shutdown
)
METHODS: dict[str, type[Request]] = {
    "hello": Hello,
    "status": Status,
    "users": Users,
    "send_text": SendText,
    "send_image": SendImage,
    "history": History,
    "conversations": Conversations,
    "mark_read": MarkRead,
    "subscribe": Subscribe,
    "get_config": GetConfig,
    "set_config": SetConfig,
    "join": Join,
    "leave": Leave,
    "retry": Retry,
    "cancel": Cancel,
    "verify": Verify,
    "trust": Trust,
    "block": Block,
    "unblock": Unblock,
    "shutdown": Shutdown,
}
