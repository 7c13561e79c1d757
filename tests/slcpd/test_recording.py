"""What is recorded of comings and goings when there are too many of them."""

from slcp.events import UserChanged, UserJoined, UserLeft
from slcpd.recording import BURST, RATE, PresenceRecord, Recording


def joined(number: int) -> UserJoined:
    return UserJoined(handle=f"P{number}", ip=f"10.0.{number // 250}.{number % 250}", port=5002)


def left(number: int) -> UserLeft:
    came = joined(number)
    return UserLeft(handle=came.handle, ip=came.ip, port=came.port, reason="said_so")


def exhausted() -> Recording:
    """One that has recorded its burst at 0.0."""
    recording = Recording()
    for number in range(BURST):
        recording.put(joined(number))
    assert len(recording.due(0.0)) == BURST
    return recording


def test_a_burst_is_recorded_at_once_and_in_order() -> None:
    recording = Recording()
    events: list[PresenceRecord] = [joined(1), joined(2), left(1)]
    seen = []
    for event in events:
        recording.put(event)
        seen += recording.due(0.0)
    assert seen == events


def test_after_a_burst_so_many_a_second_are() -> None:
    recording = exhausted()
    for number in range(1000):
        recording.put(joined(10_000 + number))
    assert recording.due(0.0) == []
    assert len(recording.due(1.0)) == RATE
    assert len(recording.due(2.0)) == RATE


def test_of_each_peer_the_latest_is_recorded() -> None:
    recording = exhausted()
    for name in ("a", "b"):
        recording.put(UserChanged(handle=name, ip="10.9.9.9", port=1, state="present", previous_handle="x"))
    recording.put(left(10))
    assert [type(event) for event in recording.due(1.0)] == [UserChanged, UserLeft]


def test_who_comes_and_goes_before_anyone_was_told_is_not_recorded() -> None:
    recording = exhausted()
    recording.put(joined(20_000))
    recording.put(left(20_000))
    assert recording.due(60.0) == []


def test_a_quiet_time_fills_up_a_burst_and_no_more() -> None:
    recording = exhausted()
    recording.due(1e6)
    for number in range(2 * BURST):
        recording.put(joined(number))
    assert len(recording.due(1e6)) == BURST
