"""One row of the table: bytes, the way that they take, and all that they may change."""

import enum
from dataclasses import dataclass, field


class Via(enum.Enum):
    """How an input reaches the program."""

    WHOIS = "a datagram that is broadcast to whoisport"
    OWN = "a datagram to our own port"
    TCP = "a stream to our own port"
    TLS = "an encrypted stream to our own port"
    JSON = "a stream to our own port + 100"
    CONTROL = "the control socket"
    CONFIG = "config.toml at the start of slcpd"
    SLCPCTL = "the command line of slcpctl"


class Finish(enum.Enum):
    """What the other side does when it has sent all."""

    HALF_CLOSE = "ends its side, and waits for the end of ours"
    RESET = "breaks off with RST"
    WAIT = "goes on being there, and says nothing more"


class End(enum.Enum):
    """How we end a stream."""

    IN_ORDER = "in order: all was taken"
    RESET = "with RST: not all was taken"


@dataclass(frozen=True)
class Effect:
    """All that an input may do; a row that says nothing is an input that does nothing."""

    dropped: dict[str, int] = field(default_factory=dict)  # counters of `status`
    texts: tuple[str, ...] = ()  # in the history
    images: int = 0  # in the history and in the image folder
    joined: tuple[str, ...] | int = ()  # handles that are here after it; their number where they are many
    left: tuple[str, ...] = ()
    end: End | None = None  # of a stream
    heard: bytes | None = b""  # what a stream is answered; None: whatever it is
    answers: tuple[str, ...] = ()  # of the control socket: "result", or the code of the error
    code: int | None = None  # exit code
    says: str = ""  # part of what is on standard error
    at_least: bool = False  # the counters may be higher: a flood, and limits per second


@dataclass(frozen=True)
class Row:
    """One hostile input."""

    name: str
    via: Via
    sent: tuple[bytes, ...]  # datagrams, pieces of a stream, or words; {port} is ours
    reaction: str  # in words
    effect: Effect
    finish: Finish = Finish.HALF_CLOSE  # of a stream
    waits_for: bytes = b""  # read from the stream before the last piece is sent
    times: int = 1  # connections at once
    is_slow: bool = False  # until a limit of seconds is reached
