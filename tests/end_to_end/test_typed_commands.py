"""slcpctl as users and scripts run it, with a daemon and peers on loopback: what is sent, waited for, withdrawn."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from daemons import WAIT, Daemon
from PIL import Image
from plain import PlainPeer
from ran import Ran

Start = Callable[..., Daemon]


def slcpctl(daemon: Daemon, *words: str, typed: str = "") -> Ran:
    """Run a command of the daemon's user; `typed` is its standard input."""
    command = [sys.executable, "-m", "slcpctl", *words]
    ran = subprocess.run(
        command, env=daemon.world.environment, input=typed, capture_output=True, text=True, timeout=WAIT, check=False
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def away(peer: PlainPeer, daemon: Daemon) -> PlainPeer:
    """Let a peer be known and take nothing."""
    peer.speak_from_elsewhere().tcp.close()
    peer.join()
    daemon.wait_for("user_joined", handle=peer.handle)
    return peer


def here(peer: PlainPeer, daemon: Daemon) -> PlainPeer:
    peer.join()
    daemon.wait_for("user_joined", handle=peer.handle)
    return peer


def word(line: str, index: int) -> str:
    return line.split()[index]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "my photo.png"
    Image.effect_noise((300, 200), 60).save(path)
    return path


def test_waiting_tells_why_nothing_happens_and_ends_with_4(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        away(luca, ani)
        ran = slcpctl(ani, "msg", "Luca", "--wait=1.5", "are you there?")
        assert (ran.code, ran.out) == (4, "")
        why, end = ran.err.splitlines()
        assert why.startswith("to Luca: waiting: nobody takes ")
        assert why.endswith(f" at 127.0.0.2:{luca.port}")
        assert end == "1 of 1 not sent within 1.5 s: stays queued until the user is heard"


def test_waiting_ends_with_0_when_the_user_comes_back_and_has_it(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        away(luca, ani)

        def come_back() -> None:
            ani.wait_for("user_left", handle="Luca", reason="refused")
            luca.listen()
            luca.join()
            luca.take()

        coming = threading.Thread(target=come_back)
        coming.start()
        ran = slcpctl(ani, "msg", "Luca", f"--wait={WAIT}", "are you there?")
        coming.join(WAIT)
        assert (ran.code, word(ran.out, 0)) == (0, "sent")


def test_a_text_is_withdrawn_by_the_id_that_msg_has_printed(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        away(luca, ani)
        message_id = word(slcpctl(ani, "msg", "Luca", "a slip of the pen").out, 1)
        ani.wait_for("user_left", handle="Luca", reason="refused")
        assert slcpctl(ani, "cancel", message_id) == Ran(0, f"cancelled {message_id}\n", "")
        assert slcpctl(ani, "history", "Luca").out.endswith(f"a slip of the pen  [cancelled; id {message_id}]\n")
        again = slcpctl(ani, "cancel", message_id)
        assert (again.code, again.err) == (1, f"slcpctl: {message_id} has been cancelled already\n")


def test_cancel_ends_the_wait_of_another_command(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        away(luca, ani)

        def cancel() -> None:
            ani.wait_for("user_left", handle="Luca", reason="refused")
            ani.request("cancel", id=ani.messages()[0]["id"])

        cancelling = threading.Thread(target=cancel)
        cancelling.start()
        ran = slcpctl(ani, "msg", "Luca", f"--wait={WAIT}", "a slip of the pen")
        cancelling.join(WAIT)
        assert (ran.code, word(ran.out, 0)) == (1, "cancelled")


def test_in_the_chat_the_newest_that_waits_is_withdrawn(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        away(luca, ani)
        slcpctl(ani, "msg", "Luca", "what I meant")
        ani.wait_for("user_left", handle="Luca", reason="refused")
        ran = slcpctl(ani, "chat", typed="MSG Luca a slip of the pen\n/cancel\n")
        assert ran.code == 0
        assert "[cancelled; id" in ran.out
        states = [(message["text"], message["state"]) for message in ani.messages()]
        assert states == [("what I meant", "queued"), ("a slip of the pen", "cancelled")]


def test_a_text_to_everyone_is_waited_for_with_a_line_for_each(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca, PlainPeer("Eve", whoisport, "127.0.0.3") as eve:
        names = {here(peer, ani).name for peer in (luca, eve)}
        taken: list[bytes] = []
        taking = [threading.Thread(target=lambda peer=peer: taken.append(peer.take())) for peer in (luca, eve)]
        for thread in taking:
            thread.start()
        ran = slcpctl(ani, "msg", "everyone", "--wait", "Hallo!")
        for thread in taking:
            thread.join(WAIT)
        assert ran.code == 0
        lines = ran.out.splitlines()
        assert {word(line, 2) for line in lines} == names
        assert {word(line, 0) for line in lines} == {"sent"}
        assert sorted(taken) == [b"MSG Eve Hallo!\n", b"MSG Luca Hallo!\n"]


def test_a_script_may_remove_its_image_at_once(start: Start, whoisport: int, photo: Path) -> None:
    ani = start("Ani")
    data = photo.read_bytes()
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        here(luca, ani)
        luca.tcp.close()
        assert word(slcpctl(ani, "img", "Luca", str(photo)).out, 0) == "queued"
        photo.unlink()
        luca.listen()
        luca.join()
        assert luca.take() == b"IMG Luca %d\n" % len(data) + data
        assert str(photo) in slcpctl(ani, "history", "Luca").out


def test_waiting_for_another_slcpd_ends_with_delivered(start: Start, photo: Path) -> None:
    ani, luca = start("Ani"), start("Luca")
    ani.wait_for("user_joined", handle="Luca")
    for words in (["msg", "Luca", "--wait", "Hallo!"], ["img", "everyone", "--wait", str(photo)]):
        ran = slcpctl(ani, *words)
        assert (ran.code, word(ran.out, 0)) == (0, "delivered")
    received = luca.wait_for("image_received", handle="Ani")
    assert Path(received["path"]).read_bytes() == photo.read_bytes()
    assert list(ani.world.outbox.iterdir()) == []
