"""The captures of the window: what `slcpctl gui` shows, on a display that nobody sees."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from daemons import World, free_port
from gui import Driver, Gui
from PIL import Image
from x_display import SIZE, XDisplay

from docs.screens.picture import SUN
from docs.screens.scene import ANSWER, BEING_TYPED, People, let_all_write, people
from slcp.client import DaemonUnreachableError, request

DENSE = 192  # dots an inch, as laptops have them: twice those of a plain display
PLAIN = 96  # dots an inch
LARGE = (2560, 1800)  # pixels of its screen
COLOURS = 256


def windows() -> Iterator[tuple[str, Image.Image]]:
    """Yield the name of each file, and what is in it."""
    with TemporaryDirectory(prefix="slcp-") as name:
        folder = Path(name)
        with people(folder) as here:
            with _window(here, "light") as gui:
                let_all_write(here, folder)
                yield "window-light.png", _talked(gui)
                yield "window-settings.png", _settings(gui)
                here.ani.kill()
                yield "window-daemon-gone.png", _seen(gui.wait_in("lost", "no daemon now"))
                here.ani.start()
                gui.wait_gone("lost")
            with _window(here, "dark", DENSE, LARGE) as gui:
                yield "window-dark.png", _talked(gui, sends=False)
        yield from _alone(folder / "alone")


@contextmanager
def _window(here: People, theme: str, dpi: int = PLAIN, size: tuple[int, int] = SIZE) -> Iterator[Gui]:
    with _display(dpi, size) as driver, Gui(driver, here.ani.world, "Luca", "--theme", theme) as gui:
        yield gui.wait_in("name", "Luca")


@contextmanager
def _display(dpi: int = PLAIN, size: tuple[int, int] = SIZE) -> Iterator[Driver]:
    with TemporaryDirectory(prefix="slcp-") as folder, XDisplay(Path(folder), dpi, size) as display:
        driver = Driver(display)
        yield driver
        driver.close()


def _talked(gui: Gui, sends: bool = True) -> Image.Image:
    """Capture the conversation with Luca, while something is typed."""
    gui.wait_in("people", "2\nSohal")
    if sends:
        gui.type(ANSWER).press("Return")
    gui.wait_in("messages", f"{ANSWER}   delivered").type(BEING_TYPED).wait_in("message", BEING_TYPED)
    return _seen(gui.wait_until(lambda: _has_colour(gui, SUN) and "4\nLuca" not in gui.words("people"), "the picture"))


def _has_colour(gui: Gui, colour: tuple[int, int, int]) -> bool:
    return colour in {found for _, found in gui.picture().getcolors(1 << 24) or ()}


def _settings(gui: Gui) -> Image.Image:
    gui.press("Control-comma").wait_focus("dialog_settings")
    seen = _seen(gui)
    gui.press("Escape").wait_gone("dialog_settings")
    return seen


def _alone(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """Capture the first start, and what follows where nobody else is."""
    home = World(folder, profile="first")
    with _display() as driver, Gui(driver, home, "--profile", "first", "--theme", "light") as gui:
        gui.wait_in("welcome", "Welcome to slcp").wait_focus("handle").type("Ani")
        yield "window-first-run.png", _seen(gui)
    home.configure(handle="Ani", port=free_port(), whoisport=free_port())
    with _display() as driver, Gui(driver, home, "--profile", "first", "--theme", "light") as gui:
        yield "window-nobody-here.png", _seen(gui.wait_in("messages", "Nobody else is here yet"))
    with suppress(DaemonUnreachableError):
        request(str(home.socket), "shutdown")


def _seen(gui: Gui) -> Image.Image:
    """Capture the window, once all is drawn, in as many colours as a small file has."""
    gui.tcl("update")
    width, height = int(gui.tcl("winfo width .")), int(gui.tcl("winfo height ."))
    return gui.picture().crop((0, 0, width, height)).quantize(COLOURS, dither=Image.Dither.NONE)
