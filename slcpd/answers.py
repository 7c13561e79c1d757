"""Each request of the control API to the part that answers it."""

from typing import assert_never

from slcp.errors import ErrorCode, RequestError
from slcp.requests import (
    Block,
    Cancel,
    Conversations,
    GetConfig,
    Hello,
    History,
    Join,
    Leave,
    MarkRead,
    Request,
    Retry,
    SendImage,
    SendText,
    SetConfig,
    Shutdown,
    Status,
    Subscribe,
    Trust,
    Unblock,
    Users,
    Verify,
)
from slcp.results import ConfigResult, Done, Result, SubscribedResult
from slcpd.attendance import Attendance
from slcpd.messaging import Messaging
from slcpd.reading import Reading
from slcpd.settings import Settings
from slcpd.status import StatusReport
from slcpd.trusting import Trusting

_AboutReading = Conversations | MarkRead
_AboutPeople = Join | Leave | Verify | Trust | Block | Unblock
_AboutDaemon = Hello | Status | GetConfig | SetConfig | Subscribe | Shutdown


class Answers:
    """Answers requests. Raises RequestError."""

    def __init__(
        self,
        messaging: Messaging,
        reading: Reading,
        attendance: Attendance,
        trusting: Trusting,
        settings: Settings,
        report: StatusReport,
    ) -> None:
        self._messaging = messaging
        self._reading = reading
        self._attendance = attendance
        self._trusting = trusting
        self._settings = settings
        self._report = report

    async def answer(self, request: Request) -> Result:
        match request:
            case SendText():
                return await self._messaging.send_text(request)
            case SendImage():
                return await self._messaging.send_image(request)
            case Retry():
                return self._messaging.retry(request)
            case Cancel():
                return self._messaging.cancel(request)
            case Users():
                return await self._attendance.users(request)
            case History():
                return await self._reading.history(request)
            case _:
                return self._answer_at_once(request)

    def _answer_at_once(self, request: _AboutReading | _AboutPeople | _AboutDaemon) -> Result:
        match request:
            case Conversations():
                return self._reading.conversations(request)
            case MarkRead():
                return self._reading.mark_read(request)
            case Join():
                return self._attendance.join()
            case Leave():
                return self._attendance.leave()
            case Verify():
                return self._trusting.verify(request)
            case Trust():
                return self._trusting.trust(request)
            case Block():
                return self._attendance.block(request)
            case Unblock():
                return self._attendance.unblock(request)
            case _:
                return self._answer_about_daemon(request)

    def _answer_about_daemon(self, request: _AboutDaemon) -> Result:
        match request:
            case Hello():
                return self._report.hello()
            case Status():
                return self._report.status()
            case GetConfig():
                return ConfigResult(self._settings.entries())
            case SetConfig(key, value):
                self._settings.set(key, value)
                return self._settings.entry(key)
            case Subscribe(since):
                return SubscribedResult(_check_since(since, self._report.hello().seq))
            case Shutdown():
                return Done()
            case _:
                assert_never(request)


def _check_since(since: int | None, newest: int) -> int:
    """Refuse a cursor from another history: it would wait for its seq and miss everything before."""
    if since is not None and not 0 <= since <= newest:
        raise RequestError(
            ErrorCode.INVALID_PARAMS,
            f"since {since} is ahead of the newest seq {newest}: begin again with 0, or without",
        )
    return newest
