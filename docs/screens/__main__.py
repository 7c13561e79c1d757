"""Write the captures of the chat in a terminal and in a window anew: python -m docs.screens [FOLDER]"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from daemons import World
from emulated_screen import EmulatedScreen
from terminal import Terminal

from docs.screens.scene import ANSWER, BEING_TYPED, people, play
from docs.screens.svg import svg
from docs.screens.windows import windows

SIZES = {(120, 36): True, (80, 24): True, (60, 15): False}  # columns and rows: whether a picture is to be seen
SURROUNDINGS = {"COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "LANGUAGE": "en"}
LEFT_OUT = ("NO_COLOR", "PROMPT_TOOLKIT_COLOR_DEPTH")  # what the user of this program wants is not what is shown


def captures() -> dict[str, str]:
    """Play the scene; return the images by their file names."""
    with TemporaryDirectory(prefix="slcp-") as folder, people(Path(folder)) as here, _chat(here.ani.world) as chat:
        play(here, chat, Path(folder))
        return {f"{columns}x{rows}.svg": _capture(chat, columns, rows) for columns, rows in SIZES}


def main(folder: Path) -> None:
    """Write all into a folder."""
    for name, image in captures().items():
        (folder / name).write_text(image, encoding="utf-8")
        sys.stdout.write(f"{folder / name}\n")
    for name, picture in windows():
        picture.save(folder / name, optimize=True)
        sys.stdout.write(f"{folder / name}\n")


def _chat(world: World) -> Terminal:
    surroundings = {name: value for name, value in world.environment.items() if name not in LEFT_OUT}
    columns, rows = next(iter(SIZES))
    command = [sys.executable, "-m", "slcpctl", "chat", "Luca"]
    return Terminal(command, {**surroundings, **SURROUNDINGS}, columns=columns, rows=rows)


def _capture(chat: Terminal, columns: int, rows: int) -> str:
    has_picture = SIZES[columns, rows]

    def is_drawn(screen: EmulatedScreen) -> bool:
        """Tell whether all is there, in the new size; the cursor is hidden while something is drawn."""
        wanted = [ANSWER, BEING_TYPED.rstrip(), "encrypted", "1 queued", "2 unread", *["▀"] * has_picture]
        is_whole = screen.text_lines[-1].endswith("quit") and not screen.cursor.hidden
        return is_whole and all(screen.find(text) for text in wanted) and not screen.find("not met before")

    chat.resize(columns, rows).wait_until(is_drawn, "the scene")
    return svg(chat.screen, f"The chat of slcp in {columns} columns and {rows} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
