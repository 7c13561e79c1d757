"""A real slcpd and each dialect's counterpart, cell by cell; each pair is on a LAN of its own."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from daemons import Daemon, Json, World
from driving import PORT, Counterpart
from lan import Host
from lan_or_skip import lan_or_skip
from matrix import DIALECTS, NOT_APPLICABLE, Row
from meeting import meet, seq_of

SLCPD_PORT = 5001  # the default
AWAY = "Ich bin gerade nicht da."

HANDLES = {
    "slcp": "Clara",
    "json": "Jonas",
    "tcp-sender": "Theo",
    "colon": "Colin",
    "tcp-knowusers": "Tina",
    "bare": "Bert",
    "unheard": "Uwe",
}

LONG_TEXT = (
    " ".join(f"Wörtchen{number}" for number in range(61)) + "\n" + 140 * "🐧" + " " + " ".join(map(str, range(75)))
)
assert 1450 < len(LONG_TEXT.encode()) < 1550

Test = Callable[..., None]


def cell(row: Row, meeting: str) -> Callable[[Test], Test]:
    """Let a test observe a row of the matrix, in a meeting with each dialect that it applies to."""
    dialects = [dialect for dialect in DIALECTS if (row, dialect) not in NOT_APPLICABLE]

    def mark(test: Test) -> Test:
        return pytest.mark.cell(row)(pytest.mark.parametrize(meeting, dialects, indirect=True)(test))

    return mark


class Slcpd(NamedTuple):
    """One slcpd and where it is."""

    handle: str
    daemon: Daemon
    ip: str

    @property
    def address(self) -> tuple[str, str, int]:
        return self.handle, self.ip, SLCPD_PORT


class Meeting(NamedTuple):
    """An slcpd and a program of the course."""

    slcpd: Slcpd
    it: Counterpart

    @property
    def daemon(self) -> Daemon:
        return self.slcpd.daemon

    @property
    def is_listed(self) -> bool:
        user = self.daemon.users().get(self.it.handle)
        return user is not None and (user["ip"], user["port"]) == (self.it.ip, PORT)


@contextlib.contextmanager
def slcpd_on(host: Host, handle: str, folder: Path) -> Iterator[Slcpd]:
    world = World(folder / handle)
    world.configure(handle=handle, autoreply=AWAY)
    with contextlib.closing(Daemon(world, host.prefix, {"SLCP_INTERFACES": ""})) as daemon:
        yield Slcpd(handle, daemon.start(), host.ip)


# It was there first


@pytest.fixture(scope="module")
def it_was_first(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    """It has said its JOIN when nobody was there to hear it."""
    folder = tmp_path_factory.mktemp("first")
    with lan_or_skip() as lan:
        its_host, host = lan.add_hosts(2)
        with Counterpart(its_host, request.param, HANDLES[request.param]) as it:
            it.join()
            with slcpd_on(host, "Sohal", folder) as slcpd:
                yield Meeting(slcpd, it)


@cell(Row.FOUND, "it_was_first")
def test_slcpd_finds_it(it_was_first: Meeting) -> None:
    it_was_first.daemon.wait_for("user_joined", handle=it_was_first.it.handle)
    assert it_was_first.is_listed


@cell(Row.FINDS, "it_was_first")
def test_it_learns_of_slcpd(it_was_first: Meeting) -> None:
    handle, ip, port = it_was_first.slcpd.address
    it_was_first.it.wait_for("user_known", handle=handle, ip=ip, port=port)


# It comes when slcpd is there


@pytest.fixture(scope="module")
def it_came(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    """There is a second slcpd, so that lists have more than one entry."""
    folder = tmp_path_factory.mktemp("came")
    with lan_or_skip() as lan:
        its_host, host, other_host = lan.add_hosts(3)
        with (
            slcpd_on(host, "Sohal", folder) as slcpd,
            slcpd_on(other_host, "Sina", folder) as other,
            Counterpart(its_host, request.param, HANDLES[request.param]) as it,
        ):
            meet(slcpd.daemon, other.daemon)
            it.who()
            it.join()
            yield Meeting(slcpd, it)


@cell(Row.JOINS, "it_came")
def test_slcpd_lists_it(it_came: Meeting) -> None:
    it_came.daemon.wait_for("user_joined", handle=it_came.it.handle)
    assert it_came.is_listed


@cell(Row.IS_WELCOMED, "it_came")
def test_it_is_told_of_slcpd(it_came: Meeting) -> None:
    handle, ip, port = it_came.slcpd.address
    it_came.it.wait_for("user_known", handle=handle, ip=ip, port=port, how="join")


@cell(Row.ASKS_AT_ONCE, "it_came")
def test_its_who_is_answered_before_it_says_who_it_is(it_came: Meeting) -> None:
    handle, ip, port = it_came.slcpd.address
    it_came.it.wait_for("user_known", handle=handle, ip=ip, port=port, how="list")


@cell(Row.ASKS, "it_came")
def test_its_who_is_answered(it_came: Meeting) -> None:
    handle, ip, port = it_came.slcpd.address
    if it_came.it.dialect == "tcp-knowusers":  # where it wants lists shows when it gives us one
        it_came.daemon.wait_for("user_changed", handle=it_came.it.handle)
    mark = it_came.it.mark()
    it_came.it.who()
    it_came.it.wait_for("user_known", mark, handle=handle, ip=ip, port=port, how="list")
    it_came.it.wait_for("user_known", mark, handle="Sina", how="list")


@cell(Row.TEXT_TO, "it_came")
def test_a_text_to_it(it_came: Meeting) -> None:
    _let_write(it_came, "Grüße 🐧: hallo!")


@cell(Row.TEXT_FROM, "it_came")
def test_a_text_from_it(it_came: Meeting) -> None:
    _let_it_write(it_came, "Hallo zurück: 🐧!")


@cell(Row.LONG_TEXT_TO, "it_came")
def test_a_long_text_to_it(it_came: Meeting) -> None:
    mark = it_came.it.mark()
    it_came.daemon.request("send_text", to=it_came.it.handle, text=LONG_TEXT)
    pieces = it_came.it.wait_for_text(LONG_TEXT, mark)
    assert {piece["sender"] for piece in pieces} == {"Sohal"}


@cell(Row.IMAGE_TO, "it_came")
def test_an_image_to_it(it_came: Meeting, photo: Path) -> None:
    _let_send_image(it_came, photo)


@cell(Row.IMAGE_FROM, "it_came")
def test_an_image_from_it(it_came: Meeting, drawing: Path) -> None:
    _let_it_send_image(it_came, drawing)


@cell(Row.AUTOREPLY, "it_came")
def test_the_automatic_answer(it_came: Meeting) -> None:
    it_came.daemon.request("set_config", key="inactive", value=True)
    try:
        it_came.it.send_text(it_came.slcpd.address, "Bist du da?")
        it_came.it.wait_for("text", sender="Sohal", text=AWAY)
    finally:
        it_came.daemon.request("set_config", key="inactive", value=False)


@cell(Row.RECOGNISED, "it_came")
def test_its_dialect_is_named(it_came: Meeting) -> None:
    it_came.daemon.request("users", refresh=True)
    user = it_came.daemon.users()[it_came.it.handle]
    named = {"unheard": {"unknown", "udp"}}.get(it_came.it.dialect, {it_came.it.dialect})
    assert user["dialect"] in named, user["dialect_reason"]
    assert user["dialect_reason"]


@cell(Row.HEARS_LEAVE, "it_came")
def test_it_hears_that_slcpd_goes(it_came: Meeting) -> None:
    mark = it_came.it.mark()
    it_came.daemon.request("leave")
    it_came.it.wait_for("user_gone", mark, handle="Sohal")
    it_came.daemon.request("join")
    it_came.it.wait_for("user_known", mark, handle="Sohal")


@cell(Row.LEAVES, "it_came")
def test_slcpd_hears_that_it_goes(it_came: Meeting) -> None:
    since = seq_of(it_came.daemon)
    it_came.it.leave()
    it_came.daemon.wait_for("user_left", since, handle=it_came.it.handle, reason="said_so")
    _let_it_come_back(it_came)


@cell(Row.LEAVES_BY_TCP, "it_came")
def test_slcpd_hears_by_tcp_that_it_goes(it_came: Meeting) -> None:
    since = seq_of(it_came.daemon)
    it_came.it.do("leave by TCP")
    it_came.daemon.wait_for("user_left", since, handle=it_came.it.handle, reason="said_so")
    _let_it_come_back(it_came)


@cell(Row.ALIVE, "it_came")
def test_it_has_not_choked(it_came: Meeting) -> None:
    assert it_came.it.deaths == []


@cell(Row.VANISHES, "it_came")
def test_slcpd_learns_that_it_vanished(it_came: Meeting, photo: Path) -> None:
    since = seq_of(it_came.daemon)
    it_came.it.kill()
    if it_came.it.dialect == "json":  # takes texts by UDP, where nobody refuses
        it_came.daemon.request("send_image", to=it_came.it.handle, path=str(photo))
    else:
        it_came.daemon.request("send_text", to=it_came.it.handle, text="Are you there?")
    it_came.daemon.wait_for("user_left", since, handle=it_came.it.handle, reason="refused")


# All at once


class Everyone(NamedTuple):
    slcpds: list[Slcpd]
    counterparts: dict[str, Counterpart]


@pytest.fixture(scope="module")
def everyone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everyone]:
    """Two slcpd and all counterparts on one bridge; some were there first, some came later."""
    folder = tmp_path_factory.mktemp("everyone")
    with contextlib.ExitStack() as running:
        lan = running.enter_context(lan_or_skip())
        hosts = lan.add_hosts(2 + len(DIALECTS))
        counterparts = {
            dialect: running.enter_context(Counterpart(next(hosts), dialect, HANDLES[dialect])) for dialect in DIALECTS
        }
        first = list(counterparts.values())[::2]
        for it in first:
            it.join()
        slcpds = [running.enter_context(slcpd_on(next(hosts), handle, folder)) for handle in ("Sohal", "Sina")]
        for it in counterparts.values():
            if it not in first:
                it.join()
        meet(*(slcpd.daemon for slcpd in slcpds))
        yield Everyone(slcpds, counterparts)


@pytest.fixture
def meetings(request: pytest.FixtureRequest, everyone: Everyone) -> list[Meeting]:
    """One counterpart with each of the slcpd."""
    return [Meeting(slcpd, everyone.counterparts[request.param]) for slcpd in everyone.slcpds]


@cell(Row.SEEN_BY_ALL, "meetings")
def test_it_and_both_slcpd_know_each_other(meetings: list[Meeting]) -> None:
    for meeting in meetings:
        meeting.daemon.wait_for("user_joined", handle=meeting.it.handle)
        handle, ip, port = meeting.slcpd.address
        meeting.it.wait_for("user_known", handle=handle, ip=ip, port=port)
        assert meeting.is_listed


@cell(Row.TALKS_TO_ALL, "meetings")
def test_it_and_both_slcpd_talk(meetings: list[Meeting], photo: Path, drawing: Path) -> None:
    for meeting in meetings:
        _let_write(meeting, f"{meeting.slcpd.handle} to {meeting.it.handle}: 🐧")
        _let_it_write(meeting, f"{meeting.it.handle} to {meeting.slcpd.handle}: 🐧")
        if (Row.IMAGE_TO, meeting.it.dialect) not in NOT_APPLICABLE:
            _let_send_image(meeting, photo)
            _let_it_send_image(meeting, drawing)


def test_both_slcpd_talk_among_the_others(everyone: Everyone, photo: Path) -> None:
    sohal, sina = everyone.slcpds
    for sender, recipient in ((sohal, sina), (sina, sohal)):
        since = seq_of(recipient.daemon)
        sender.daemon.request("send_text", to=recipient.handle, text="Hallo!")
        recipient.daemon.wait_for("text_received", since, handle=sender.handle, text="Hallo!")
        sender.daemon.request("send_image", to=recipient.handle, path=str(photo))
        received = recipient.daemon.wait_for("image_received", since, handle=sender.handle)
        assert Path(received["path"]).read_bytes() == photo.read_bytes()


def test_nobody_is_listed_twice(everyone: Everyone) -> None:
    for slcpd in everyone.slcpds:
        users: list[Json] = slcpd.daemon.request("users", refresh=True)["users"]
        others = {other.handle for other in everyone.slcpds} - {slcpd.handle}
        assert sorted(user["handle"] for user in users) == sorted({*HANDLES.values(), *others})


def test_nobody_has_choked(everyone: Everyone) -> None:
    assert {dialect: it.deaths for dialect, it in everyone.counterparts.items() if it.deaths} == {}


# Messages, one way each


def _let_write(meeting: Meeting, text: str) -> None:
    mark = meeting.it.mark()
    meeting.daemon.request("send_text", to=meeting.it.handle, text=text)
    meeting.it.wait_for("text", mark, sender=meeting.slcpd.handle, text=text)


def _let_it_write(meeting: Meeting, text: str) -> None:
    since = seq_of(meeting.daemon)
    meeting.it.send_text(meeting.slcpd.address, text)
    received = meeting.daemon.wait_for("text_received", since, text=text)
    _, ip, port = meeting.it.address
    assert (received["handle"], received["ip"], received["port"]) == (meeting.it.handle, ip, port)


def _let_send_image(meeting: Meeting, path: Path) -> None:
    mark = meeting.it.mark()
    meeting.daemon.request("send_image", to=meeting.it.handle, path=str(path))
    image = meeting.it.wait_for("image", mark, sender=meeting.slcpd.handle)
    assert image["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def _let_it_send_image(meeting: Meeting, path: Path) -> None:
    since = seq_of(meeting.daemon)
    meeting.it.send_image(meeting.slcpd.address, path)
    received = meeting.daemon.wait_for("image_received", since, handle=meeting.it.handle)
    assert Path(received["path"]).read_bytes() == path.read_bytes()


def _let_it_come_back(meeting: Meeting) -> None:
    since = seq_of(meeting.daemon)
    meeting.it.join()
    meeting.daemon.wait_for("user_joined", since, handle=meeting.it.handle)
