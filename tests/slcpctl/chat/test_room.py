from typing import Any

from slcpctl.chat.room import Room

ANI = {"handle": "Ani", "ip": "192.168.0.10", "port": 5001}
LUCA = {"handle": "luca", "ip": "192.168.0.11", "port": 5002}


def event(kind: str, user: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"type": kind, **user, **more}


def test_who_is_here_follows_the_events() -> None:
    room = Room(None, [ANI])
    room.take(event("user_joined", LUCA))
    assert room.handles == ["Ani", "luca"]
    room.take(event("user_changed", {**LUCA, "handle": "Lucy"}, previous_handle="luca"))
    assert room.handles == ["Ani", "Lucy"]
    room.take(event("user_left", ANI, reason="said_so"))
    room.take(event("user_left", ANI, reason="said_so"))
    assert room.handles == ["Lucy"]


def test_two_users_of_one_handle_are_one_handle_until_both_are_gone() -> None:
    twin = {**ANI, "port": 5009}
    room = Room(None, [ANI, twin])
    assert room.handles == ["Ani"]
    room.take(event("user_left", twin, reason="silent"))
    assert room.handles == ["Ani"]


def test_the_only_one_here_is_written_to() -> None:
    assert Room(None, [ANI]).to == "Ani"
    assert Room(None, [ANI, LUCA]).to is None
    assert Room("Tom", [ANI]).to == "Tom"


def test_whoever_writes_first_is_answered_unless_someone_has_been_chosen() -> None:
    room = Room(None, [])
    room.take(event("text_received", LUCA, text="hi"))
    room.take(event("text_received", ANI, text="hi"))
    assert room.to == "luca"


def test_whoever_is_chosen_is_written_to_and_it_is_said_if_that_is_nobody_here() -> None:
    room = Room(None, [ANI])
    for to in ("Ani", "Ani@192.168.0.10:5001", "*"):
        assert room.choose(to) == []
        assert room.to == to
    assert room.choose("Eve") == [[("dim", "Eve is not here now")]]
    assert room.to == "Eve"


def test_titles() -> None:
    assert [Room(to, []).title for to in (None, "*", "Ani")] == ["nobody", "everyone", "Ani"]
