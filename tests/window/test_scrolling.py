"""A history of 100,000 texts: scrolled through, searched, gone to; what comes meanwhile moves nothing."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial

import psutil
import pytest
from chat_stage import Stage
from daemons import Daemon
from gui import Gui, OpenGui

from slcp.events import TextQueued
from slcpd.history import History

LINES = 100_000
PAGES = 12  # that are scrolled through
OLD = 40_000  # a line far above
MOST_MEMORY = 40 << 20  # bytes more, after all of it
FLUID = 0.15  # seconds: people begin to notice a delay at 0.1, and two cores have the daemons to bear too
AGAIN_AFTER, TRIES = 0.3, 50  # seconds, times
NUMBER = re.compile(r"line (\d+) ")


@pytest.fixture(scope="module")
def pair(stage: Stage) -> list[Daemon]:
    """Ani, who has written 100,000 lines to Luca, and Luca."""
    ani = stage.world("Ani")
    with closing(History(ani.database)) as history:
        history.add_all(
            TextQueued(id=f"{n:032x}", handle="Luca", ip="127.0.0.1", port=9999, text=f"line {n} only{n}x")
            for n in range(LINES)
        )
    with closing(sqlite3.connect(ani.database)) as database:
        database.execute("UPDATE messages SET state = 'delivered'")
        database.commit()
    return stage.start(ani, stage.world("Luca"))


@pytest.fixture
def gui(open_gui: OpenGui, ani: Daemon) -> Gui:
    """Ani's window, at the newest line of the conversation with Luca."""
    return open_gui(ani.world, "Luca").wait_in("messages", f"line {LINES - 1} ")


def seen(gui: Gui) -> list[int]:
    """Return which lines are seen, from top to bottom."""
    messages = gui.path("messages")
    height = gui.tcl(f"winfo height {messages}")
    text = gui.tcl(f"{messages} get {{@0,0 linestart}} {{@0,{height} lineend}}")
    return [int(found[1]) for found in NUMBER.finditer(text)]


def press_until(gui: Gui, key: str, holds: Callable[[], bool], what: str) -> None:
    """Press a key; again when it finds nothing more, as users do, for a page is on its way."""
    for _ in range(TRIES):
        with suppress(AssertionError):
            gui.press(key).wait_until(holds, what, AGAIN_AFTER)
            return
    raise AssertionError(f"no {what}")


def scroll_up(gui: Gui, page: int) -> None:
    """Scroll up by what is seen, until something else is."""
    before = seen(gui)
    press_until(gui, "Prior", lambda: seen(gui)[0] < before[0], f"page {page} above {before[0]}")
    assert seen(gui)[-1] >= before[0] - 2  # nothing is left out between them
    assert seen(gui) == list(range(seen(gui)[0], seen(gui)[-1] + 1))


def is_above(gui: Gui, line: int) -> bool:
    return seen(gui)[0] < line


def test_pages_come_when_they_are_needed(gui: Gui) -> None:
    memory = psutil.Process(gui.process.pid).memory_info().rss
    with gui.longest_pause() as pause:
        for page in range(PAGES):
            scroll_up(gui, page)
        assert pause() < FLUID
    held = int(gui.tcl(f"{gui.path('messages')} count -lines 1.0 end"))
    assert held < 300  # of what is loaded only what is near is laid out
    assert psutil.Process(gui.process.pid).memory_info().rss - memory < MOST_MEMORY
    gui.press("Escape").wait_until(lambda: LINES - 1 in seen(gui), "the newest again")


def test_the_scroll_bar_goes_on_and_on(gui: Gui) -> None:
    """Whoever stays at the top gets older and older messages, and comes back by a key."""
    for _ in range(4):
        top = seen(gui)[0]
        gui.tcl(f"focus {gui.path('messages')}")
        press_until(gui, "Home", partial(is_above, gui, top - 50), f"more above {top}")
    gui.press("End").wait_until(lambda: LINES - 1 in seen(gui), "the newest again")


def test_who_is_at_the_top_stays_there(gui: Gui) -> None:
    """Although older messages come above what is seen."""
    messages = gui.path("messages")
    line = gui.tcl(
        f"focus {messages}; event generate {messages} <Home>; update; {messages} get @0,0 {{@0,0 + 9 lines}}"
    )
    top = int(NUMBER.findall(line)[0])
    gui.wait_until(lambda: int(NUMBER.findall(gui.words("messages"))[0]) < top, f"older ones than {top}")
    assert seen(gui)[0] == top


def test_what_comes_moves_nothing(gui: Gui, luca: Daemon, ani: Daemon) -> None:
    for page in range(3):
        scroll_up(gui, page)
    before = seen(gui)
    for number in range(20):
        luca.request("send_text", to="Ani", text=f"news {number}")
    ani.wait_for("text_received", handle="Luca", text="news 19")
    gui.wait_until(lambda: gui.title == "(20) Luca - slcp", "20 unread")
    assert seen(gui) == before
    gui.press("Escape").wait_in("messages", "new since").wait_in("messages", "news 19")
    ani.wait_for("conversation_read", handle="Luca", unread=0)


def test_a_search_and_a_hit(gui: Gui) -> None:
    gui.press("Control-f").wait_until(lambda: gui.is_seen("searched"), "the field").type(f"only{OLD}x")
    gui.wait_in("found", "1 found").wait_until(lambda: seen(gui) == [OLD], "the hit")
    gui.press("Return").wait_gone("searched").wait_until(lambda: {OLD - 1, OLD, OLD + 1} <= set(seen(gui)), "its place")
    assert gui.tcl(f"{gui.path('messages')} get chosen.first chosen.last").startswith(f"line {OLD} ")
    gui.type("answer").wait_in("message", "answer").press("Escape", "Escape")
    gui.wait_until(lambda: LINES - 1 in seen(gui), "the newest again")


def test_a_hit_is_clicked_on(gui: Gui) -> None:
    gui.press("Control-f").wait_until(lambda: gui.is_seen("searched"), "the field").type(f"only{OLD}x")
    gui.wait_until(lambda: seen(gui) == [OLD], "the hit").click_on(f"line {OLD}")
    gui.wait_gone("searched").wait_until(lambda: OLD + 1 in seen(gui), "its place")


def test_a_search_without_a_hit(gui: Gui) -> None:
    gui.press("Control-f").wait_in("messages", "words that the messages have").type("nowhere")
    gui.wait_in("messages", "nothing found").press("Escape").wait_until(lambda: LINES - 1 in seen(gui), "the newest")
