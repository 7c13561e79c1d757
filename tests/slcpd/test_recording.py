"""What is recorded of comings and goings when there are too many of them."""

import pytest

from slcp.errors import StorageError
from slcp.events import UserChanged, UserJoined, UserLeft
from slcp.peers import PeerState
from slcpd.history import PresenceRecord
from slcpd.recording import BURST, RATE, Recording


def joined(number: int) -> UserJoined:
    return UserJoined(handle=f"P{number}", ip=f"10.0.{number // 250}.{number % 250}", port=5002)


def left(number: int) -> UserLeft:
    came = joined(number)
    return UserLeft(handle=came.handle, ip=came.ip, port=came.port, reason="said_so")


def changed(number: int, handle: str, before: str, state: PeerState = PeerState.PRESENT) -> UserChanged:
    came = joined(number)
    return UserChanged(handle=handle, ip=came.ip, port=came.port, state=state, previous_handle=before)


def due(recording: Recording, now: float) -> list[PresenceRecord]:
    """Record what may be recorded now."""
    taken: list[PresenceRecord] = []
    recording.give(now, taken.extend)
    return taken


def exhausted() -> Recording:
    """One that has recorded its burst at 0.0."""
    recording = Recording()
    for number in range(BURST):
        recording.put(joined(number))
    assert len(due(recording, 0.0)) == BURST
    return recording


def test_a_burst_is_recorded_at_once_and_in_order() -> None:
    recording = Recording()
    events: list[PresenceRecord] = [joined(1), joined(2), left(1)]
    seen = []
    for event in events:
        recording.put(event)
        seen += due(recording, 0.0)
    assert seen == events


def test_after_a_burst_so_many_a_second_are() -> None:
    recording = exhausted()
    for number in range(1000):
        recording.put(joined(10_000 + number))
    assert due(recording, 0.0) == []
    assert len(due(recording, 1.0)) == RATE
    assert len(due(recording, 2.0)) == RATE


def test_of_each_peer_the_latest_is_recorded() -> None:
    recording = exhausted()
    recording.put(changed(5, "a", before="P5"))
    recording.put(changed(5, "b", before="a"))
    recording.put(left(10))
    assert due(recording, 1.0) == [changed(5, "b", before="P5"), left(10)]


def test_who_comes_and_goes_before_anyone_was_told_is_not_recorded() -> None:
    recording = exhausted()
    recording.put(joined(20_000))
    recording.put(left(20_000))
    assert due(recording, 60.0) == []


def test_a_quiet_time_fills_up_a_burst_and_no_more() -> None:
    recording = exhausted()
    due(recording, 1e6)
    for number in range(2 * BURST):
        recording.put(joined(number))
    assert len(due(recording, 1e6)) == BURST


def test_one_who_was_shown_and_comes_and_goes_again_is_shown_as_gone() -> None:
    recording = exhausted()
    for event in (left(1), joined(1), left(1)):
        recording.put(event)
    assert due(recording, 1.0) == [left(1)]


def test_one_who_comes_and_is_renamed_has_come_under_the_new_handle() -> None:
    recording = exhausted()
    recording.put(joined(20_000))
    recording.put(changed(20_000, "Luca", before="P20000"))
    came = joined(20_000)
    assert due(recording, 1.0) == [UserJoined(handle="Luca", ip=came.ip, port=came.port)]


def test_one_who_comes_and_falls_silent_is_idle() -> None:
    recording = exhausted()
    recording.put(joined(20_000))
    recording.put(changed(20_000, "P20000", "P20000", PeerState.IDLE))
    assert due(recording, 1.0) == [changed(20_000, "P20000", "P20000", PeerState.IDLE)]


def test_what_could_not_be_recorded_waits_in_its_place() -> None:
    recording = Recording()
    for number in range(3):
        recording.put(joined(number))

    def refuse(_: list[PresenceRecord]) -> None:
        raise StorageError("the disk is full")

    with pytest.raises(StorageError):
        recording.give(0.0, refuse)
    recording.put(left(1))
    assert due(recording, 0.0) == [joined(0), joined(2)]
