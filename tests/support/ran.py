"""What the fixture `slcpctl` is and gives."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ran:
    """What a command has left."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]
