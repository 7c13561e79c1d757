"""Texts and images across: from host to host, and to one of two users of a host."""

from collections.abc import Callable
from pathlib import Path

import pytest
from daemons import Daemon, Json
from lan import Host, Lan
from meeting import Stopwatch, meet
from PIL import Image

Start = Callable[[Host, str], Daemon]
Observe = Callable[[str], None]


def test_texts_cross_and_stand_in_both_histories(lan: Lan, start_on: Start, observe: Observe) -> None:
    of_ani, of_luca = lan.add_hosts(2)
    ani, luca = start_on(of_ani, "Ani"), start_on(of_luca, "Luca")
    meet(ani, luca)
    watch = Stopwatch()
    ani.request("send_text", to="Luca", text="Grüße aus 10.77.0.1 🐧")
    received = luca.wait_for("text_received", handle="Ani")
    assert (received["ip"], received["port"]) == (of_ani.ip, 5001)
    ani.wait_for("text_delivered", handle="Luca")
    luca.request("send_text", to="Ani", text="Hallo Ani!")
    ani.wait_for("text_received", handle="Luca")
    luca.wait_for("text_delivered", handle="Ani")
    assert _conversation(ani, "Luca") == [
        ("out", "Grüße aus 10.77.0.1 🐧", "delivered"),
        ("in", "Hallo Ani!", "received"),
    ]
    assert _conversation(luca, "Ani") == [
        ("in", "Grüße aus 10.77.0.1 🐧", "received"),
        ("out", "Hallo Ani!", "delivered"),
    ]
    observe(f"a text was in the recipient's history {watch.at(received) * 1000:.0f} ms after it was sent")


@pytest.mark.parametrize(("sender", "recipient"), [("Ani", "Luca"), ("Luca", "Ani")])
def test_an_image_crosses_byte_for_byte(
    sender: str, recipient: str, lan: Lan, start_on: Start, observe: Observe, tmp_path: Path
) -> None:
    hosts = dict(zip(("Ani", "Luca"), lan.add_hosts(2), strict=True))
    daemons = {handle: start_on(host, handle) for handle, host in hosts.items()}
    meet(*daemons.values())
    photo = tmp_path / "photo.png"
    Image.effect_noise((1600, 1200), 60).save(photo)
    watch = Stopwatch()
    daemons[sender].request("send_image", to=recipient, path=str(photo))
    received = daemons[recipient].wait_for("image_received", handle=sender, ip=hosts[sender].ip)
    assert Path(received["path"]).read_bytes() == photo.read_bytes()
    daemons[sender].wait_for("image_delivered", handle=recipient)
    (sent,), (stored,) = daemons[sender].messages(), daemons[recipient].messages()
    assert (sent["kind"], sent["direction"], sent["state"]) == ("image", "out", "delivered")
    assert (stored["kind"], stored["direction"], stored["state"]) == ("image", "in", "received")
    assert sent["size"] == stored["size"] == photo.stat().st_size
    megabytes = photo.stat().st_size / 1e6
    observe(f"an image of {megabytes:.1f} MB from {sender} to {recipient} was on disk {watch.at(received):.2f} s later")


def test_texts_reach_the_right_one_of_two_users_of_a_host(lan: Lan, start_on: Start, observe: Observe) -> None:
    shared, of_luca = lan.add_hosts(2)
    people = {"Ani": start_on(shared, "Ani"), "Berta": start_on(shared, "Berta"), "Luca": start_on(of_luca, "Luca")}
    meet(*people.values())
    pairs = [(sender, recipient) for sender in people for recipient in people if sender != recipient]
    for sender, recipient in pairs:
        people[sender].request("send_text", to=recipient, text=f"{sender} to {recipient}")
    for sender, recipient in pairs:
        received = people[recipient].wait_for("text_received", text=f"{sender} to {recipient}")
        assert (received["handle"], received["port"]) == (sender, 5002 if sender == "Berta" else 5001)
        people[sender].wait_for("text_delivered", handle=recipient)
    for recipient, daemon in people.items():
        incoming = [message["text"] for message in daemon.messages() if message["direction"] == "in"]
        assert sorted(incoming) == [f"{sender} to {recipient}" for sender in people if sender != recipient]
    observe("2 users of one host and 1 of another wrote to each other: all 6 texts right in sender and recipient")


def _conversation(daemon: Daemon, other: str) -> list[tuple[str, str, str]]:
    messages: list[Json] = daemon.messages(**{"with": other})
    return [(message["direction"], message["text"], message["state"]) for message in messages]
