"""Connections to a daemon that speaks our version of the control API.

An upgrade leaves the old daemon running, and another one might understand a request differently: so
its version comes first, on the same connection, for less than a millisecond.
"""

from __future__ import annotations

from slcp import API_VERSION, __version__, client
from slcp.errors import ErrorCode, RequestError, SlcpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from slcp.client import Json


class OtherApiError(SlcpError):
    """The daemon that runs speaks another version of the control API."""


class Connection(client.Connection):
    """One connection to the control socket of a daemon with our API; a context manager."""

    def __init__(self, path: str, timeout: float | None = None) -> None:
        """Connect; `timeout` as client.Connection takes it. Raises DaemonUnreachableError, OtherApiError."""
        super().__init__(path, timeout)
        try:
            _check_api(hello(self))
        except BaseException:
            self.__exit__()
            raise


def request(path: str, method: str, /, **params: Any) -> Json:
    """Make one request on a connection of its own. Raises what Connection and its request raise."""
    with Connection(path) as connection:
        return connection.request(method, **params)


def hello(connection: client.Connection) -> Json:
    """Ask the daemon who it is; of one from before there was `hello` nothing is known."""
    try:
        return connection.request("hello")
    except RequestError as error:
        if error.code is not ErrorCode.UNKNOWN_METHOD:
            raise
        return {}


def version_of(daemon: Json) -> str:
    """Name the version that `hello` has told."""
    return str(daemon.get("version", "of an unknown version"))


def _check_api(daemon: Json) -> None:
    if daemon.get("api") != API_VERSION:
        theirs = daemon.get("api", "unknown")
        raise OtherApiError(
            f"the daemon that runs is slcpd {version_of(daemon)}, which slcpctl {__version__} cannot speak to "
            f"(control API {theirs}, not {API_VERSION}); `slcpctl stop && slcpctl start` starts the one that fits"
        )
