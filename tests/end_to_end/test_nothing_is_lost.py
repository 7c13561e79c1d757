"""Daemons that are killed in the middle: what was told is still there, and nothing half done is left."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from daemons import Daemon
from meeting import seq_of
from PIL import Image
from plain import PlainPeer

from slcp.client import DaemonUnreachableError

Start = Callable[..., Daemon]


def test_what_was_given_an_id_is_in_the_history_after_a_kill(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport) as luca:
        luca.join()
        ani.wait_for("user_joined", handle="Luca")
        luca.tcp.close()
        ids = [ani.request("send_text", to="Luca", text=str(number))["id"] for number in range(50)]
        ani.kill()
        ani.start()
        assert [(m["id"], m["text"]) for m in ani.messages()] == [(each, str(n)) for n, each in enumerate(ids)]


def test_what_was_queued_before_a_kill_arrives_after_it_in_order(start: Start) -> None:
    ani, luca = start("Ani"), start("Luca")
    ani.wait_for("user_joined", handle="Luca")
    luca.kill()
    ids = [ani.request("send_text", to="Luca", text=str(number))["id"] for number in range(20)]
    ani.kill()
    luca.start()
    ani.start()
    taken = {"text_delivered", "text_sent"}  # the latter before it is known again what Luca can do
    ani.wait_until(lambda event: event["type"] in taken and event["id"] == ids[-1], "end of the last text")
    assert {message["state"] for message in ani.messages()} <= {"delivered", "sent"}
    assert [message["text"] for message in luca.messages()] == [str(number) for number in range(20)]


def test_a_text_waits_for_its_recipient_to_come_back(start: Start) -> None:
    ani, luca = start("Ani"), start("Luca")
    ani.wait_for("user_joined", handle="Luca")
    assert luca.stop() == 0
    left = ani.wait_for("user_left", handle="Luca", reason="said_so")
    message_id = ani.request("send_text", to="Luca", text="when you are back")["id"]
    luca.start()
    luca.wait_for("text_received", handle="Ani", text="when you are back")
    ani.wait_for("text_delivered", since=left["seq"], id=message_id)


def test_an_image_that_its_owner_has_removed_arrives_after_a_kill(start: Start, whoisport: int, tmp_path: Path) -> None:
    photo = tmp_path / "screenshot.png"
    Image.effect_noise((300, 200), 60).save(photo)
    data = photo.read_bytes()
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        luca.tcp.close()
        luca.join()
        ani.wait_for("user_joined", handle="Luca")
        message_id = ani.request("send_image", to="Luca", path=str(photo))["id"]
        photo.unlink()
        left = ani.wait_for("user_left", handle="Luca")
        ani.kill()
        (ani.world.outbox / "0123456789abcdef.part").write_bytes(data[:1000])  # of an image that got no id
        ani.start()
        assert [file.read_bytes() for file in ani.world.outbox.iterdir()] == [data]
        luca.listen()
        luca.join()
        assert luca.take() == b"IMG Luca %d\n" % len(data) + data
        ani.wait_for("image_sent", since=left["seq"], id=message_id)
        assert list(ani.world.outbox.iterdir()) == []


def test_what_was_cancelled_before_a_kill_is_not_sent_after_it(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        luca.speak_from_elsewhere().tcp.close()
        luca.join()
        ani.wait_for("user_joined", handle="Luca")
        ids = [ani.request("send_text", to="Luca", text=text)["id"] for text in ("a slip of the pen", "what I meant")]
        ani.wait_for("user_left", handle="Luca")
        ani.request("cancel", id=ids[0])
        ani.kill()
        ani.start()
        luca.listen()
        luca.join()
        assert luca.take() == b"MSG Luca what I meant\n"


def test_what_is_read_and_what_is_not_is_known_after_a_kill(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        luca.send(ani.request("status")["port"], b"HELLO Luca 5002 1 -\n" + b"MSG Ani Hallo\n" * 3)
    second = ani.messages()[1]["seq"]
    ani.request("mark_read", **{"with": "Luca", "up_to": second})
    told = ani.wait_for("conversation_read")
    ani.kill()
    ani.start()
    [luca_now] = ani.request("conversations")["conversations"]
    assert (luca_now["handle"], luca_now["unread"], luca_now["read"]) == ("Luca", 1, second)
    assert ani.wait_for("conversation_read") == told


@pytest.mark.parametrize("after", range(5))
def test_a_text_whose_connection_was_closed_is_in_the_history_after_a_kill(
    start: Start, whoisport: int, after: int
) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        port = ani.request("status")["port"]
        for number in range(after + 1):
            luca.send(port, b"MSG Ani %d\n" % number)  # returns when the daemon has closed
        ani.kill()
    ani.start()
    assert [message["text"] for message in ani.messages()] == [str(number) for number in range(after + 1)]


def test_a_daemon_killed_in_the_middle_of_an_image_leaves_nothing_behind(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with (
        PlainPeer("Luca", whoisport, "127.0.0.2") as luca,
        luca.connected(ani.request("status")["port"]) as connection,
    ):
        connection.sendall(b"IMG Ani 1000000\n" + bytes(500_000))
        ani.wait_for("image_progressed")
        [part] = ani.world.images.iterdir()
        assert (part.name[0], part.suffix) == (".", ".part")
        ani.kill()
    assert list(ani.world.images.iterdir()) == [part]
    ani.start()
    assert list(ani.world.images.iterdir()) == []
    assert ani.messages() == []


def test_two_daemons_that_share_a_folder_of_images_leave_each_other_alone(
    start: Start, whoisport: int, tmp_path: Path
) -> None:
    folder = tmp_path / "shared images"
    ani = start("Ani", imagepath=str(folder))
    photo = tmp_path / "cat.png"
    Image.effect_noise((700, 700), 60).save(photo)
    data = photo.read_bytes()
    with (
        PlainPeer("Luca", whoisport, "127.0.0.2") as luca,
        luca.connected(ani.request("status")["port"]) as connection,
    ):
        connection.sendall(b"IMG Ani %d\n" % len(data) + data[:300_000])
        ani.wait_for("image_progressed")
        start("Eve", imagepath=str(folder))  # removes what killed daemons have left, and no more
        connection.sendall(data[300_000:])
        received = ani.wait_for("image_received")
    assert Path(received["path"]).read_bytes() == data


def test_a_subscriber_that_comes_back_misses_nothing_and_sees_nothing_twice(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    seen: list[int] = []
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        for round_number in range(4):
            luca.send(ani.request("status")["port"], b"".join(b"MSG Ani %d\n" % number for number in range(10)))
            events = ani.events(since=seen[-1] if seen else 0)
            seen += [event["seq"] for event in itertools.islice(events, 7)]
            events.close()
            if round_number == 1:
                ani.kill()
                ani.start()
    assert seen == list(range(1, 29))


def test_a_subscriber_sees_the_end_of_the_daemon_as_the_end_of_its_stream(start: Start) -> None:
    ani = start("Ani")
    events = ani.events()
    ani.request("set_config", key="inactive", value=True)
    assert next(events)["type"] == "config_changed"
    assert ani.stop() == 0
    with pytest.raises(DaemonUnreachableError):
        next(events)


def test_a_peer_that_is_there_but_not_yet_listening_gets_its_text_later(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        luca.tcp.close()
        luca.speak_from_elsewhere()
        luca.join()
        ani.wait_for("user_joined", handle="Luca")
        message_id = ani.request("send_text", to="Luca", text="Hallo")["id"]
        left = ani.wait_for("user_left", handle="Luca", reason="refused")
        luca.listen()
        luca.join()
        assert luca.take() == b"MSG Luca Hallo\n"
        ani.wait_for("text_sent", since=left["seq"], id=message_id)


def test_a_second_absence_made_in_the_config_file_answers_again(start: Start, whoisport: int) -> None:
    ani = start("Ani", inactive=True)
    keys = {"handle": "Ani", "port": ani.request("status")["port"], "whoisport": whoisport}

    def be_answered(luca: PlainPeer) -> None:
        since = seq_of(ani)
        luca.join()
        ani.wait_for("user_joined", since, handle="Luca")
        luca.send(keys["port"], b"MSG Ani are you there?\n")
        assert luca.take() == b"MSG Luca I am away.\n"

    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        be_answered(luca)
        for inactive in (False, True):
            ani.stop()
            ani.world.configure(**keys, inactive=inactive)
            ani.start()
        be_answered(luca)
