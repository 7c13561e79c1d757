"""A long history: scrolled through, searched, jumped into; what comes meanwhile moves nothing."""

import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import pytest
from chat_stage import Open, Stage
from daemons import WAIT, Daemon
from emulated_screen import EmulatedScreen
from full_screen import Chat, pane, said, title, typed

from slcp.events import TextQueued
from slcpd.history import History

LINES = 5_000
DAYS = 5  # in which they were written
OLD = 1_500  # a line in the middle: more than is kept in memory lies behind it
NUMBER = re.compile(r"line (\d+) ")
AGAIN_AFTER = 0.3  # seconds: a key that finds nothing more is pressed again, as users do, for a page is on its way


@pytest.fixture(scope="module")
def pair(stage: Stage) -> list[Daemon]:
    """Ani, who has written 5,000 lines to Luca, and Luca."""
    ani = stage.world("Ani")
    now = datetime.now(UTC) - timedelta(days=DAYS)
    with closing(History(ani.database, lambda: now)) as history:
        for day in range(DAYS):
            now += timedelta(days=1)
            history.add_all(_line(n) for n in range(day * LINES // DAYS, (day + 1) * LINES // DAYS))
    with closing(sqlite3.connect(ani.database)) as database:
        database.execute("UPDATE messages SET state = 'delivered'")
        database.commit()
    return stage.start(ani, stage.world("Luca"))


def _line(n: int) -> TextQueued:
    return TextQueued(id=f"{n:032x}", handle="Luca", ip="127.0.0.1", port=9999, text=f"line {n} only{n}x")


@pytest.fixture
def with_luca(chat: Open) -> Chat:
    """The chat with Luca, at the newest line."""
    return newest(chat(rows=50))


def newest(chat: Chat) -> Chat:
    """Wait until the newest line is seen."""
    return chat.wait_in(pane, f"line {LINES - 1} ")


def numbers(screen: EmulatedScreen) -> list[int]:
    """Return which of the lines are seen, from top to bottom."""
    return [int(found[1]) for found in map(NUMBER.search, pane(screen)) if found]


def is_whole(seen: list[int]) -> bool:
    """Tell whether none is missing, doubled or out of order."""
    return bool(seen) and seen == list(range(seen[0], seen[-1] + 1))


def wait_changed(chat: Chat, before: list[str]) -> None:
    chat.wait_until(lambda screen: pane(screen) != before, "other lines", AGAIN_AFTER)


def turn(chat: Chat, key: str, is_there: Callable[[EmulatedScreen], bool]) -> None:
    """Press a key until it is there. No line may be passed over on the way."""
    deadline = time.monotonic() + 2 * WAIT
    while not is_there(chat.screen):
        assert time.monotonic() < deadline, f"not reached by {key}\n{chat}"
        before = numbers(chat.screen)
        with suppress(AssertionError):
            wait_changed(chat.press(key), pane(chat.screen))
        now = numbers(chat.screen)
        assert is_whole(now), str(chat)
        assert is_whole(sorted({*before, *now})), f"from {before} to {now}"


def jump(chat: Chat, number: int) -> Chat:
    """Search for a line, and go there."""
    chat.press("c-f").wait_in(typed, "search >").type(f"only{number}x").wait_in(title, "1 found")
    chat.wait_in(pane, f"line {number} ").press("enter")
    return chat.wait_in(typed, "to Luca >").wait_in(pane, f"line {number + 1} ")


def wait_chosen(chat: Chat, number: int) -> None:
    """Wait until a line is the chosen one: drawn in reverse over its whole width."""

    def is_chosen(screen: EmulatedScreen) -> bool:
        cells = said(screen, f"line {number} ")[1:-1]
        return bool(cells) and all(cell.reverse for cell in cells)

    chat.wait_until(is_chosen, f"line {number} chosen")


def test_pages_of_the_past_come_on_scrolling_up(with_luca: Chat, luca: Daemon, ani: Daemon) -> None:
    """And stay where they are when something comes; Esc goes to the newest."""
    turn(with_luca, "pageup", lambda screen: numbers(screen)[0] < LINES - 2_200)
    before = pane(with_luca.echo().screen)
    luca.request("send_text", to="Ani", text="while far up")
    with_luca.wait_unread(Luca="1")
    assert pane(with_luca.screen) == before
    with_luca.press("escape").wait_in(pane, "while far up").wait_unread()
    lines = pane(newest(with_luca).screen)
    assert [line for line in lines if "while far up" in line] == [lines[-1]]
    assert lines[-2].startswith(" ── new since")
    assert is_whole(numbers(with_luca.screen))


def test_the_first_line_stands_below_its_day(with_luca: Chat) -> None:
    turn(jump(with_luca, 40), "pageup", lambda screen: numbers(screen)[0] == 0)
    day = datetime.now().astimezone() - timedelta(days=DAYS - 1)
    assert pane(with_luca.screen)[0].startswith(f" ── {day:%A, %d %B %Y} ──")


def test_what_comes_while_a_little_up_moves_nothing(with_luca: Chat, luca: Daemon) -> None:
    before = pane(with_luca.screen)
    with_luca.wheel(50, 5, -2)
    with_luca.wait_until(lambda screen: pane(screen)[6:] == before[:-6], "that two notches are six lines")
    before = pane(with_luca.screen)
    luca.request("send_text", to="Ani", text="while a little up")
    with_luca.wait_unread(Luca="1")
    assert pane(with_luca.screen) == before
    with_luca.wheel(50, 5, 3).wait_in(pane, "while a little up").wait_unread()
    assert "── new since" in pane(with_luca.screen)[-2]


def test_down_from_a_hit_in_the_past_to_the_newest(with_luca: Chat, luca: Daemon) -> None:
    start = LINES - 1_100
    wait_chosen(jump(with_luca, start), start)
    assert is_whole(seen := numbers(with_luca.screen))
    assert seen[0] < start - 10
    assert seen[-1] > start + 10
    luca.request("send_text", to="Ani", text="while below a hit")
    with_luca.wait_unread(Luca="1")
    turn(with_luca, "pagedown", lambda screen: any("while below a hit" in line for line in pane(screen)))
    with_luca.wait_unread()
    lines = pane(with_luca.screen)
    assert [line for line in lines if "while below a hit" in line] == [lines[-1]]
    assert "── new since" in lines[-2]
    assert "\n".join(lines).count("── new since") == 1


def test_what_is_sent_while_far_up_is_seen(with_luca: Chat, luca: Daemon) -> None:
    jump(with_luca, OLD).type("sent from far up\r")
    with_luca.wait_until(
        lambda screen: "sent from far up" in pane(screen)[-1] and is_whole(numbers(screen)), "it below the others"
    )


def test_a_search_with_many_hits(with_luca: Chat) -> None:
    """They are loaded as they are scrolled to, and chosen by the keys."""
    with_luca.press("c-f").wait_in(pane, "type words that the messages have").type("line")
    with_luca.wait_in(title, "Luca: 100+ found").wait_in(pane, f"line {LINES - 1} ")
    turn(with_luca, "pageup", lambda screen: numbers(screen)[0] < LINES - 250)
    with_luca.press(*["backspace"] * 4).type("only249").wait_in(title, "11 found")  # 249 and 2490 to 2499
    assert numbers(with_luca.screen) == [249, *range(2490, 2500)]
    with_luca.press("up", "up", "enter").wait_in(typed, "to Luca >").wait_in(pane, "line 2497 ")
    wait_chosen(with_luca, 2498)


def test_a_search_is_closed(with_luca: Chat) -> None:
    before = pane(with_luca.screen)
    with_luca.type("half a line").press("c-f").wait_in(typed, "search >").type("nowhere").wait_in(pane, "nothing found")
    with_luca.press("escape").wait_in(typed, "to Luca > half a line")
    assert pane(with_luca.screen) == before
    with_luca.press("c-c").type(f"/search only{OLD}x\r").wait_in(title, "Luca: 1 found").wait_in(typed, "search > only")
    with_luca.press("c-c").wait_in(typed, "to Luca >")
    assert pane(with_luca.screen) == before
