"""Completion by Tab, as it is seen: of commands, handles and paths."""

from pathlib import Path

from chat_stage import Come, Open
from daemons import Daemon
from emulated_screen import EmulatedScreen
from full_screen import Chat, typed
from PIL import Image


def wait_for_menu(chat: Chat, *words: str) -> Chat:
    """Wait until a menu right above what is typed offers these, from top to bottom, and nothing else."""
    return chat.wait_until(lambda screen: menu(screen) == list(words), f"a menu of {words}")


def menu(screen: EmulatedScreen) -> list[str]:
    """Return the rows of the menu: it is drawn in reverse, also over the rule."""
    words: list[str] = []
    for row in range(screen.cursor.y - 1, 0, -1):
        cells = [screen.cell(column, row) for column in range(screen.columns)]
        word = "".join(cell.data for cell in cells if cell.reverse)
        if not word:
            break
        words.insert(0, word.strip())
    return words


def test_commands(chat: Open) -> None:
    with_luca = chat().type("/un").press("tab").wait_in(typed, "to Luca > /unblock").press("c-c")
    with_luca.wait_gone("/unblock").type("/u").press("tab")
    wait_for_menu(with_luca, "/users", "/unblock")
    with_luca.press("tab", "tab").wait_in(typed, "> /unblock").press("s-tab").wait_in(typed, "> /users")
    with_luca.type(" ").wait_gone("/unblock")


def test_the_menu_is_closed_by_escape_and_the_words_stay(chat: Open) -> None:
    with_luca = chat().type("/u").press("tab").wait_for("/unblock").press("escape").wait_gone("/unblock")
    with_luca.wait_in(typed, "to Luca > /u")


def test_handles(chat: Open, come: Come) -> None:
    come("Karla"), come("karl")
    with_luca = chat().type("/to Kar").press("tab")
    wait_for_menu(with_luca, "karl", "Karla")
    with_luca.press("tab", "tab").wait_in(typed, "> /to Karla").type("\r").wait_in(typed, "to Karla >")
    with_luca.type("MSG ev").press("tab").wait_in(typed, "> MSG everyone").press("c-c")


def test_a_hostile_handle_is_offered_escaped(chat: Open, come: Come) -> None:
    come("Mi\u202emi"), come("Mimi")
    with_luca = chat().type("/to Mi").press("tab")
    wait_for_menu(with_luca, "Mimi", r"Mi\u202emi")


def test_paths_images_first(chat: Open, luca: Daemon, tmp_path: Path) -> None:
    for name in ("a.txt", ".hidden.png", "z.JPG"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "my cat.png")
    with_luca = chat(folder=tmp_path).type("/img ").press("tab")
    wait_for_menu(with_luca, "my cat.png", "z.JPG", "folder/", "a.txt")
    with_luca.press("tab").wait_in(typed, r"> /img my\ cat.png").press("enter")
    received = luca.wait_for("image_received", handle="Ani")
    assert Path(received["path"]).read_bytes() == (tmp_path / "my cat.png").read_bytes()
    with_luca.wait_gone("/img my").type("/img .h").press("tab").wait_in(typed, "> /img .hidden.png")


def test_paths_in_a_folder_with_a_blank(chat: Open, tmp_path: Path) -> None:
    (tmp_path / "My Pics").mkdir()
    (tmp_path / "My Pics" / "it's.jpg").touch()
    with_luca = chat(folder=tmp_path).type("/img My").press("tab").wait_in(typed, r"> /img My\ Pics/")
    with_luca.press("tab").wait_in(typed, r"> /img My\ Pics/it\'s.jpg")
