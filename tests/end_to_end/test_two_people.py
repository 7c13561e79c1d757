"""Two daemons on loopback, as their users' scripts see them."""

from collections.abc import Callable
from pathlib import Path

from daemons import Daemon
from PIL import Image

Start = Callable[..., Daemon]


def test_they_see_each_other_come_and_go(start: Start) -> None:
    ani, luca = start("Ani"), start("Luca")
    ani.wait_for("user_joined", handle="Luca")
    luca.wait_for("user_joined", handle="Ani")
    assert luca.stop() == 0
    ani.wait_for("user_left", handle="Luca", reason="said_so")
    assert ani.users() == {}


def test_a_text_arrives_and_stands_in_both_histories(start: Start) -> None:
    ani, luca = start("Ani"), start("Luca")
    ani.wait_for("user_joined", handle="Luca")
    sent = ani.request("send_text", to="Luca", text="Hallo Luca!")
    luca.wait_for("text_received", handle="Ani", text="Hallo Luca!")
    ani.wait_for("text_delivered", id=sent["id"])
    assert [(m["text"], m["state"]) for m in ani.messages(**{"with": "Luca"})] == [("Hallo Luca!", "delivered")]
    assert [(m["text"], m["state"]) for m in luca.messages(**{"with": "Ani"})] == [("Hallo Luca!", "received")]


def test_an_image_arrives_byte_for_byte_under_a_safe_name(start: Start, tmp_path: Path) -> None:
    ani, luca = start("Ani"), start("Luca")
    ani.wait_for("user_joined", handle="Luca")
    photo = tmp_path / "cat.jpg"
    Image.effect_noise((200, 150), 60).save(photo)
    ani.request("send_image", to="Luca", path=str(photo))
    received = luca.wait_for("image_received", handle="Ani")
    path = Path(received["path"])
    assert path.parent == luca.world.images
    assert path.read_bytes() == photo.read_bytes()
    assert (received["format"], received["width"], received["height"]) == ("JPEG", 200, 150)
    ani.wait_for("image_delivered", handle="Luca")
