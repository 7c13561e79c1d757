"""What was written while a cable was out, or a daemon dead, arrives: once and in order."""

import socket
from collections.abc import Callable

import pytest
from daemons import WAIT, Daemon, Json
from lan import Host, Lan
from meeting import Stopwatch, meet, seq_of

Start = Callable[[Host, str], Daemon]
Observe = Callable[[str], None]

TEXTS = ["one", "two", "three"]


def test_texts_to_a_host_that_was_cut_off_arrive_when_it_is_back(lan: Lan, start_on: Start, observe: Observe) -> None:
    of_ani, of_luca, of_sohal = lan.add_hosts(3)
    ani, luca, sohal = start_on(of_ani, "Ani"), start_on(of_luca, "Luca"), start_on(of_sohal, "Sohal")
    meet(ani, luca, sohal)
    of_luca.cut_off()
    for text in TEXTS:
        ani.request("send_text", to="Luca", text=text)
    ani.request("send_text", to="Sohal", text="Luca does not answer.")
    sohal.wait_for("text_received", handle="Ani", text="Luca does not answer.")
    _wait_until_cut_off(luca, of_luca)
    assert _states(ani, "Luca") <= {"queued", "sending"}
    of_luca.bring_back()
    watch = Stopwatch()
    arrived = luca.wait_for("text_received", text=TEXTS[-1])
    assert watch.at(arrived) < 10.0  # Luca looks at the links every 5 s; a try that has begun takes 5 s at most
    _wait_for_sent(ani, len(TEXTS))
    assert _texts_from(luca, "Ani") == TEXTS
    assert _states(ani, "Luca") == {"delivered"}
    observe(f"3 texts to a host that was cut off arrived {watch.at(arrived):.1f} s after its cable was in again")


def test_a_text_goes_out_as_soon_as_its_recipient_is_heard_again(lan: Lan, start_on: Start, observe: Observe) -> None:
    of_ani, of_luca = lan.add_hosts(2)
    ani, luca = start_on(of_ani, "Ani"), start_on(of_luca, "Luca")
    meet(ani, luca)
    of_ani.close_way_to(of_luca.ip)
    ani.request("send_text", to="Luca", text="Are you there?")
    ani.request("users", refresh=True)  # takes longer than it takes to find that there is no way to Luca
    assert _states(ani, "Luca") == {"queued"}
    of_ani.open_way_to(of_luca.ip)
    watch = Stopwatch()
    luca.request("join")
    arrived = luca.wait_for("text_received", handle="Ani", text="Are you there?")
    assert watch.at(arrived) < 2.0  # not after the 5 s until the next try
    observe(
        f"a text that waited for its next try went out {watch.at(arrived) * 1000:.0f} ms after its recipient's JOIN"
    )


def test_a_killed_daemon_starts_again_and_gets_what_was_written_meanwhile(
    lan: Lan, start_on: Start, observe: Observe
) -> None:
    ani, luca, sohal = map(start_on, lan.add_hosts(3), ("Ani", "Luca", "Sohal"))
    meet(ani, luca, sohal)
    ani.request("send_text", to="Luca", text="before")
    luca.wait_for("text_received", text="before")
    history, since = luca.messages(), seq_of(luca)
    luca.kill()
    assert luca.world.socket.exists()  # nobody has cleaned up
    for text in TEXTS:
        ani.request("send_text", to="Luca", text=text)
    ani.wait_for("user_left", handle="Luca", reason="refused")
    seen_until = seq_of(ani)
    watch = Stopwatch()
    luca.start()
    assert luca.messages()[: len(history)] == history
    ani.wait_for("user_joined", since=seen_until, handle="Luca", port=5001)
    luca.wait_for("user_joined", since=since, handle="Sohal")
    arrived = luca.wait_for("text_received", since=since, text=TEXTS[-1])
    _wait_for_sent(ani, len(TEXTS) + 1)
    assert _texts_from(luca, "Ani") == ["before", *TEXTS]
    sohal.request("send_text", to="Luca", text="Welcome back!")
    luca.wait_for("text_received", since=since, handle="Sohal", text="Welcome back!")
    observe(f"3 texts to a daemon killed by SIGKILL arrived {watch.at(arrived):.1f} s after it was started again")


def test_what_a_killed_daemon_had_queued_is_sent_when_it_starts_again(
    lan: Lan, start_on: Start, observe: Observe
) -> None:
    of_luca, of_sohal = lan.add_hosts(2)
    luca, sohal = start_on(of_luca, "Luca"), start_on(of_sohal, "Sohal")
    meet(luca, sohal)
    of_sohal.cut_off()
    for text in TEXTS:
        luca.request("send_text", to="Sohal", text=text)
    luca.kill()
    of_sohal.bring_back()
    watch = Stopwatch()
    luca.start()
    arrived = sohal.wait_for("text_received", handle="Luca", text=TEXTS[-1])
    _wait_for_sent(luca, len(TEXTS))
    assert _texts_from(sohal, "Luca") == TEXTS
    observe(f"3 texts that a daemon killed by SIGKILL had queued arrived {watch.at(arrived):.1f} s after its restart")


@pytest.mark.parametrize("end", [Daemon.kill, Daemon.stop], ids=["SIGKILL", "SIGTERM"])
def test_a_daemon_that_ends_gives_no_receipt_for_what_it_has_not_stored(
    end: Callable[[Daemon], object], lan: Lan, start_on: Start, observe: Observe, request: pytest.FixtureRequest
) -> None:
    of_luca, of_otto = lan.add_hosts(2)
    luca = start_on(of_luca, "Luca")
    with of_otto.open_socket(socket.SOCK_STREAM) as otto:
        otto.settimeout(WAIT)
        otto.connect((of_luca.ip, 5001))
        otto.sendall(b"MSG Luca stored\nMSG Luca only half of")
        luca.wait_for("text_received", text="stored")  # so it has read the rest too
        end(luca)
        with pytest.raises(ConnectionResetError):  # where b"" would tell a plain program that all was taken
            otto.recv(1)
    observe(f"a daemon that ended in the middle of a text reset the connection ({request.node.callspec.id})")


def _wait_until_cut_off(daemon: Daemon, host: Host) -> None:
    """Let the user look who is there until the daemon has seen that its link is gone; each look takes a moment."""
    while any(host.ip in link for link in daemon.request("status")["links"]):
        daemon.request("users", refresh=True)


def _wait_for_sent(daemon: Daemon, number: int) -> None:
    """Wait until so many texts have been sent in all."""
    sent: list[Json] = []

    def is_last(event: Json) -> bool:
        sent.extend([event] if event["type"] == "text_delivered" else [])
        return len(sent) == number

    daemon.wait_until(is_last, f"{number} text_delivered")


def _texts_from(daemon: Daemon, sender: str) -> list[str]:
    return [message["text"] for message in daemon.messages(**{"with": sender}) if message["direction"] == "in"]


def _states(daemon: Daemon, recipient: str) -> set[str]:
    return {message["state"] for message in daemon.messages(**{"with": recipient})}
