import pytest

from slcp.async_client import DaemonFound, DaemonLost
from slcpctl.chat.room import Room
from slcpctl.chat.showing import FOR_PROGRAMS, PLAIN, Screen, news_lines, welcome_lines
from slcpctl.chat.watching import News
from slcpctl.render import paint

TIME = "2025-11-24T14:02:00.000Z"
LUCA = {"handle": "Luca", "ip": "192.168.0.11", "port": 5002}
TOM = {"handle": "Tom", "ip": "192.168.0.12", "port": 5001}


@pytest.mark.parametrize(
    ("news", "shown"),
    [
        ({"type": "text_received", "time": TIME, **LUCA, "text": "hi\x07", "automatic": False}, "Luca: hi\\x07"),
        ({"type": "user_left", "time": TIME, **LUCA, "reason": "silent"}, "Luca is gone: no sign of life"),
        (DaemonLost("no daemon"), "no daemon; waiting for it: `slcpctl start` in another terminal brings it back"),
        (DaemonFound(), "the daemon is back"),
    ],
)
def test_news(news: News, shown: str) -> None:
    (line,) = news_lines(news)
    assert paint(line, colour=False).endswith(shown)


def test_what_nobody_asked_for_is_not_shown() -> None:
    assert news_lines({"type": "image_progressed", **LUCA}) == []
    assert news_lines({"type": "conversation_read", "handle": "Luca", "up_to": 7, "unread": 0}) == []


def test_for_programs_only_events_are_data(capsys: pytest.CaptureFixture[str]) -> None:
    FOR_PROGRAMS.news({"type": "user_danced"})
    FOR_PROGRAMS.news(DaemonFound())
    FOR_PROGRAMS.answer([[("dim", "you are "), ("", "here")]])
    assert capsys.readouterr() == ('{"type": "user_danced"}\n', "the daemon is back\nyou are here\n")


def test_answers_and_news_are_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    PLAIN.answer([[("dim", "you are "), ("", "here\x1b")]])
    PLAIN.news(DaemonFound())
    assert capsys.readouterr() == ("you are here\\x1b\nthe daemon is back\n", "")


@pytest.mark.parametrize("screen", [PLAIN, FOR_PROGRAMS], ids=["for people", "for programs"])
def test_complaints_are_no_data(screen: Screen, capsys: pytest.CaptureFixture[str]) -> None:
    screen.complain("no user Tom", "MSG Tom hi\x1b")
    assert capsys.readouterr() == ("", "slcpctl: no user Tom; not done: MSG Tom hi\\x1b\n")


@pytest.mark.parametrize(
    ("room", "shown"),
    [
        (Room(None, []), "nobody else is here yet: whoever comes is shown; /users asks again"),
        (Room(None, [LUCA, TOM]), "here: Luca, Tom; /to HANDLE chooses whom to write to"),
        (Room(None, [LUCA]), "here: Luca"),
    ],
)
def test_the_welcome_says_what_to_do_next(room: Room, shown: str) -> None:
    lines = [paint(line, colour=False) for line in welcome_lines({"handle": "Ani"}, room)]
    assert lines == ["you are Ani; /help shows what can be typed", shown]
