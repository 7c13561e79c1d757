"""The daemon ends under the open chat: it says so, finds the next one, and misses nothing."""

from collections.abc import Iterator

import pytest
from chat_stage import Come, Open, Send
from daemons import Daemon
from full_screen import Chat, pane, sidebar, status, typed


@pytest.fixture(autouse=True)
def _running(ani: Daemon) -> Iterator[None]:
    """Whatever a test does, Ani's daemon runs for the next."""
    yield
    ani.close()
    ani.start()


def wait_lost(chat: Chat) -> Chat:
    return chat.wait_in(status, "no daemon now: `slcpctl start` brings it back")


def wait_found(chat: Chat) -> Chat:
    return chat.wait_in(status, "Ani ·")


def wait_texts(chat: Chat, *texts: str) -> Chat:
    """Wait until the conversation is these texts, each once, in this order."""

    def are_there(lines: list[str]) -> bool:
        return [line.split()[2] for line in lines if line[1:3].isdecimal()] == list(texts)

    return chat.wait_until(lambda screen: are_there(pane(screen)), f"{texts}, each once")


def test_what_was_sent_meanwhile_comes_and_nothing_twice(chat: Open, ani: Daemon, luca: Daemon) -> None:
    with_luca = chat().type("one\r")
    wait_texts(with_luca.wait_in(pane, "delivered"), "one")
    luca.request("send_text", to="Ani", text="two")
    wait_texts(with_luca, "one", "two")
    ani.kill()
    wait_lost(with_luca)
    for text in ("three", "four"):
        luca.request("send_text", to="Ani", text=text)
    with_luca.type("not yet\r").wait_in(typed, "daemon").wait_in(typed, "to Luca > not yet")
    wait_texts(with_luca, "one", "two")
    ani.start()
    wait_texts(wait_found(with_luca), "one", "two", "three", "four")
    with_luca.press("c-c").type("five\r")
    luca.wait_for("text_received", text="five")
    wait_texts(with_luca, "one", "two", "three", "four", "five")
    luca.request("send_text", to="Ani", text="six")
    wait_texts(with_luca, "one", "two", "three", "four", "five", "six").wait_unread()


def test_who_came_and_went_meanwhile(chat: Open, ani: Daemon, come: Come) -> None:
    """What the new daemon knows is shown, not what the old one knew."""
    gone = come("Gone")
    with_luca = chat().wait_until(lambda screen: "● Gone" in sidebar(screen), "Gone is here")
    ani.kill()
    wait_lost(with_luca)
    gone.leave()
    ani.start()
    come("Here")
    wait_found(with_luca).wait_until(lambda screen: "● Here" in sidebar(screen), "Here is here").wait_gone("Gone")


def test_what_is_typed_stays_while_the_daemon_is_away(chat: Open, ani: Daemon) -> None:
    with_luca = chat().type("half a li").echo()
    ani.kill()
    wait_lost(with_luca).type("ne").wait_in(typed, "to Luca > half a line")
    ani.start()
    wait_found(with_luca).wait_in(typed, "to Luca > half a line")


def test_a_history_begun_anew(chat: Open, ani: Daemon, come: Come, send: Send) -> None:
    """Of the old one nothing is left; what comes is shown."""
    anna = come("Anna")
    send(anna, "before")
    with_anna = chat("Anna").wait_in(pane, "before").wait_unread()
    ani.stop()
    wait_lost(with_anna)
    for file in ani.world.database.parent.glob("history.sqlite*"):
        file.unlink()
    ani.start()
    wait_found(with_anna).wait_gone("before", pane)
    anna.join()
    ani.wait_for("user_joined", handle="Anna")
    send(anna, "after1", "after2")
    wait_texts(with_anna, "after1", "after2").wait_unread()


def test_the_chat_closes_without_a_daemon(chat: Open, ani: Daemon) -> None:
    with_luca = chat()
    ani.stop()
    assert wait_lost(with_luca).press("c-q").wait_for_exit() == 0
