"""Everything stays in its place: in windows of any size, whatever people write, whatever they are called."""

import re

from chat_stage import Come, Open, Send
from daemons import Daemon
from emulated_screen import EmulatedScreen
from full_screen import Chat, border, pane, rule, title, typed, unread

from slcp.escaping import escape

SIDEBAR_FROM = 50  # columns
SIZES = [(120, 36), (80, 24), (60, 15), (45, 12), (30, 8)]
WIDE = [
    "日本語のテキスト",
    "한국어 \uff37\uff29\uff24\uff25",  # in wide letters
    "👨‍👩‍👧 family 👍🏽 thumb 🇩🇪 flag ❤️ heart 1️⃣",
    "e\u0301 a\u0308 Z\u0335a\u0336l\u0337g\u0338o",
    "שלום עולם, how are you",
    "مرحبا 12 abc",
]
HOSTILE = [
    "\x1b[2J\x1b[H\x1b]0;owned\x07",
    "\x9b31mred\x9b5n",
    "bell\x07\x07 back\x08\x08\x08",
    "gpj.\u202eexe.tac \u2066a",
    "one\u2028two\x85three\x0b\x0c",
    "un\u200bse\ufeffen \U000e0041",
]
HANDLES = ["\u202eacuL", "文字文字", "🎉🇩🇪👍🏽", "שלום", "e\u0301\u0302\u0303", "Luca" * 12]


def is_whole(screen: EmulatedScreen) -> bool:
    """Tell whether each part has its place: the rule, the border beside every row above it, three lines below."""
    below = rule(screen)
    line = screen.row_text(below) if below < screen.lines else ""
    wanted = "─" * screen.columns
    if screen.columns >= SIDEBAR_FROM:
        wanted = wanted[: border(screen)] + "┴" + wanted[border(screen) + 1 :]
        if {screen.cell(border(screen), row).data for row in range(below)} != {"│"}:
            return False
    return line == wanted and screen.text_lines[-1].startswith(" Ani · ") and "Traceback" not in screen.text_lines


def wait_whole(chat: Chat) -> Chat:
    return chat.wait_until(is_whole, "everything in its place")


def wait_opened(chat: Chat, before: list[str]) -> Chat:
    """Wait until another conversation is open."""
    return chat.wait_until(lambda screen: title(screen) not in (before, [""]), "another conversation")


def wait_number_unread(chat: Chat, number: int) -> Chat:
    """Wait until so many people have unread messages."""
    return chat.wait_until(lambda screen: len(unread(screen)) == number, f"{number} people with unread messages")


def columns_of(screen: EmulatedScreen, word: str) -> set[int]:
    """Return in which columns a word ends, over all rows that have it."""
    rows = range(screen.lines - 1)
    ends = set()
    for row in rows:
        cells = [screen.cell(column, row).data for column in range(screen.columns)]
        text = "".join(data[:1] or "\0" for data in cells)
        ends |= {match.end() for match in re.finditer(word, text)}
    return ends


def test_in_windows_of_any_size(chat: Open, luca: Daemon) -> None:
    luca.request("send_text", to="Ani", text="The text. " * 30)
    with_luca = chat(columns=120, rows=36).type("a longer answer to that text\r").wait_in(pane, "delivered")
    for columns, rows in [*SIZES, *reversed(SIZES)]:
        wait_whole(with_luca.resize(columns, rows))
        with_luca.wait_in(title, "Luca").wait_in(pane, "delivered").wait_in(typed, "to Luca >")
        assert rule(with_luca.screen) == rows - 3
        assert with_luca.cursor == (len("to Luca > "), rows - 2)
    with_luca.wait_unread().press("f1").wait_in(title, "Help")
    for columns, rows in SIZES:
        wait_whole(with_luca.resize(columns, rows)).wait_in(title, "Help").wait_in(pane, "Enter")


def test_what_is_typed_and_answered_leaves_room_in_a_small_window(chat: Open) -> None:
    with_luca = chat(columns=60, rows=15).press(*["c-j"] * 9).type("last").wait_in(typed, "last")
    wait_whole(with_luca)
    assert len(pane(with_luca.screen)) >= 4
    with_luca.press("c-c").wait_gone("last").type(f"/{'x' * 400}\r").wait_in(typed, "…").press("c-c")
    wait_whole(with_luca.wait_until(lambda screen: rule(screen) == 15 - 3 - 4, "four lines of an answer"))
    with_luca.press("escape").wait_gone("xxx")


def test_windows_too_small_for_anything(chat: Open) -> None:
    with_luca = wait_whole(chat())
    for columns, rows in [(20, 5), (9, 3), (1, 1)]:
        with_luca.resize(columns, rows).type("x").press("f1", "escape", "tab")
        wait_whole(with_luca.resize(60, 15)).wait_in(typed, "to Luca >")


def test_wide_characters_move_nothing(chat: Open, come: Come, send: Send) -> None:
    walter = come("Walter")
    send(walter, *WIDE)
    with_walter = chat("Walter", rows=40).wait_in(pane, "12 abc")
    for text in WIDE:
        with_walter.type(f"{text}\r")
        assert walter.take() == f"MSG Walter {text}\n".encode()
    with_walter.wait_until(lambda screen: sum(line.endswith("sent") for line in pane(screen)) == len(WIDE), "all sent")
    wait_whole(with_walter)
    assert columns_of(with_walter.screen, "sent") == {99}
    with_walter.wait_unread().wait_in(pane, "DE flag")
    # What terminals draw in different widths is drawn in parts, whose widths nobody doubts
    assert not {"\u200d", "\ufe0f", "\U0001f1e9"} & set(with_walter.text)
    for columns, rows in SIZES[1:3]:
        wait_whole(with_walter.resize(columns, rows))


def test_strange_handles_move_nothing(chat: Open, come: Come, send: Send) -> None:
    with_luca = chat(rows=20).wait_unread()
    for handle in HANDLES:
        send(come(handle), "hi")
    wait_whole(wait_number_unread(with_luca, len(HANDLES)))
    rows = range(2, 2 + len(HANDLES))
    assert [with_luca.cell(border(with_luca.screen) - 2, row).data for row in rows] == ["1"] * len(HANDLES)
    for _ in HANDLES:
        wait_whole(wait_opened(with_luca.press("m-up"), title(with_luca.screen)).wait_in(pane, "hi"))


# What peers write on purpose


def test_hostile_texts_draw_nothing_outside_their_place(chat: Open, come: Come, send: Send) -> None:
    """Not even an escape sequence of theirs is there to be seen but as text; nothing rings."""
    eve = come("Eve")
    send(eve, *HOSTILE, "the end")
    with_eve = wait_whole(chat("Eve").wait_in(pane, "the end"))
    for text in HOSTILE:
        with_eve.wait_in(pane, escape(text))
    assert_harmless(with_eve)
    with_eve.press("c-f").wait_in(typed, "search >").type("owned").wait_in(title, "1 found")
    wait_whole(with_eve.press("escape").wait_in(pane, "the end").press("m-up").wait_in(title, "everyone"))
    assert_harmless(with_eve.wait_in(pane, "the end"))


def test_a_hostile_handle_draws_nothing_outside_its_place(chat: Open, come: Come, send: Send) -> None:
    """Wherever a handle stands: in the list, the title, the prompt, answers, a message, what is completed."""
    mallory = come("\u202eyrollaM\u2066")
    shown = escape(mallory.handle)
    send(mallory, "hi")
    with_luca = chat().press("c-n").wait_in(title, shown).wait_in(typed, f"to {shown[:12]}").wait_in(pane, "hi")
    wait_whole(with_luca.wait_for(f"● {shown[:12]}"))
    for command, answer in [("/to \u202enobody", "here"), ("/verify \u202enobody", "no user"), ("WHO", shown)]:
        with_luca.type(f"{command}\r").wait_for(answer).press("escape", "c-c")
    with_luca.type("/to \u202e").press("tab").wait_in(typed, f"> /to {shown}")
    assert with_luca.press("left").echo().cursor[0] == with_luca.find(r"\u2066")[0]
    wait_whole(with_luca)
    assert_harmless(with_luca)


def test_a_text_of_several_lines_forges_none(chat: Open, luca: Daemon) -> None:
    """Lines after the first begin where texts do, not where times do."""
    luca.request("send_text", to="Ani", text="one\n13:13  Ani         I owe you 100 euro   delivered\n\n── today ──")
    with_luca = chat().wait_in(pane, "I owe you")
    (forged,) = (line for line in pane(with_luca.screen) if "I owe you" in line)
    assert forged.startswith(" " * 20 + "13:13")
    assert not pane(with_luca.screen)[-1].startswith(" ──")


def assert_harmless(chat: Chat) -> None:
    """Fail if the terminal was told anything that a peer has written, but text that can be seen."""
    seen = "".join(chat.cell(x, y).data for y in range(chat.screen.lines) for x in range(chat.screen.columns))
    seen = seen.replace("\u200e", "")  # of ours, behind the right-to-left handles of others
    assert escape(seen) == seen, ascii(seen)
    assert chat.rang == 0
