"""`slcpctl gui` in a process of its own, asked and driven from outside as every program of Tk can be: by Tk's `send`.

Keys and clicks are Tk's own events (`event generate`), which take the same way as those of the X server.
"""

import os
import subprocess
import sys
import tempfile
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from daemons import WAIT, World
from PIL import Image
from x_display import XDisplay

GUI = (sys.executable, "-m", "slcpctl", "gui")
PAUSE = 0.02  # seconds between two looks
_SIGNS = {" ": "space", "!": "exclam", "/": "slash", ".": "period", ",": "comma", "-": "minus", "?": "question"}
KEYSYMS = {**_SIGNS, "_": "underscore", ":": "colon", "'": "apostrophe"}
FOCUS = "if {[focus] eq {}} {focus -force [focus -lastfor .]}"  # as if the window had been clicked on
PROCEDURES = """
proc ::tests::find {name {below .}} {
    foreach child [winfo children $below] {
        if {[winfo name $child] eq $name} {return $child}
        set found [::tests::find $name $child]
        if {$found ne ""} {return $found}
    }
}
proc ::tests::seen {name} {
    set widget [::tests::find $name]
    return [expr {$widget eq "" || ![winfo viewable $widget] ? "" : $widget}]
}
proc ::tests::words_of {name} {
    set widget [::tests::seen $name]
    return [expr {$widget eq "" ? "" : [::tests::words $widget]}]
}
proc ::tests::click {widget x y} {
    foreach event {Enter Motion Button-1 ButtonRelease-1} {event generate $widget <$event> -x $x -y $y}
}
proc ::tests::click_on {text words offset} {
    set place [$text search -backwards -- $words end]
    set box [expr {$place eq "" ? "" : [$text bbox "$place + $offset chars"]}]
    if {$box eq ""} {return 0}
    lassign $box x y width height
    ::tests::click $text [expr {$x + 2}] [expr {$y + $height / 2}]
    return 1
}
proc ::tests::click_person {canvas handle} {
    foreach item [$canvas find all] {
        if {[$canvas type $item] eq "text" && [$canvas itemcget $item -text] eq $handle} {
            lassign [$canvas coords $item] x y
            ::tests::click $canvas [expr {int($x) + 2}] [expr {int($y)}]
            return 1
        }
    }
    return 0
}
proc ::tests::words {widget} {
    switch [winfo class $widget] {
        Text {return [$widget get 1.0 end-1c]}
        TEntry {return [$widget get]}
        Canvas {
            set words {}
            foreach item [$widget find all] {
                if {[$widget type $item] eq "text"} {lappend words [$widget itemcget $item -text]}
            }
            return [join $words \\n]
        }
        default {
            if {![catch {$widget cget -text} text] && $text ne ""} {return $text}
            set words {}
            foreach child [winfo children $widget] {lappend words [::tests::words $child]}
            return [join $words \\n]
        }
    }
}
"""


OpenGui = Callable[..., "Gui"]  # takes a world, and what is typed behind `slcpctl gui`


class Driver:
    """What sends to the programs of a display. There is one for all tests: Tk is made for one thread."""

    def __init__(self, display: XDisplay) -> None:
        self.display = display
        os.environ.update(display.variables)
        self._root = tk.Tk(className="Driver")
        display.is_used = True
        self._root.withdraw()
        for name in display.variables:
            del os.environ[name]

    def close(self) -> None:
        self._root.destroy()

    def programs(self) -> set[str]:
        """Return the names of the programs of Tk that are on the display."""
        self._root.update()
        return set(self._root.winfo_interps())

    def send(self, program: str, script: str) -> str:
        """Have a script of Tcl evaluated in a program; return its result."""
        return str(self._root.tk.call("send", program, script))


class Gui:
    """The window of one world. The keyboard is there, as if the window had been clicked on."""

    def __init__(self, driver: Driver, world: World, *words: str, **variables: str) -> None:
        self._driver = driver
        self.display = driver.display
        before = driver.programs()
        environment = {**world.environment, **driver.display.variables, "LANGUAGE": "en", **variables}
        environment.pop("DBUS_SESSION_BUS_ADDRESS", None)  # else notifications would go to a real desktop
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed with us
        self.process = subprocess.Popen([*GUI, *words], env=environment, stderr=self._said)
        self._program = ""
        self.wait_until(lambda: self._is_there(before), "window")
        self.tcl(f"namespace eval ::tests {{}}\n{PROCEDURES}")
        self.wait_until(lambda: self.tcl(f"winfo viewable .; {FOCUS}; focus") != "", "keyboard")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(WAIT)
        self._said.close()

    def _is_there(self, before: set[str]) -> bool:
        found = self._driver.programs() - before
        self._program = next(iter(found), "")
        return bool(found)

    @property
    def said(self) -> str:
        """What it has written on standard error."""
        self._said.seek(0)
        return self._said.read()

    # What is asked

    def tcl(self, script: str) -> str:
        """Have a script evaluated in the program."""
        return self._driver.send(self._program, script)

    def path(self, name: str) -> str:
        """Return the path of the widget with this name; empty without one."""
        return self.tcl(f"::tests::find {name}")

    def is_seen(self, name: str) -> bool:
        """Tell whether a widget is on the screen."""
        return self.tcl(f"::tests::seen {name}") != ""

    def words(self, name: str) -> str:
        """Return what a widget says, with those in it; nothing if it is not seen."""
        return self.tcl(f"::tests::words_of {name}")

    @property
    def title(self) -> str:
        return self.tcl("wm title .")

    def picture(self) -> Image.Image:
        """Return what is seen on the display."""
        return self.display.picture()

    def keep_picture(self, path: Path) -> None:
        """Keep what is seen, for who looks into a test that has failed."""
        if self.process.poll() is None:
            self.picture().save(path)

    # What is waited for

    def wait_until(self, holds: Callable[[], bool], what: str, within: float = WAIT) -> Self:
        """Return when something holds."""
        until = time.monotonic() + within
        while not holds():
            if self.process.poll() is not None:
                raise AssertionError(f"no {what}; it has ended: {self.said}")
            if time.monotonic() > until:
                seen = (
                    f"{self.title}:\n{self.words('messages')}\n{self.words('notice')}\n{self.tcl('focus')}"
                    if self._program
                    else "nothing"
                )
                raise AssertionError(f"no {what}; it shows {seen}\nand has said: {self.said}")
            time.sleep(PAUSE)
        return self

    def wait_in(self, name: str, words: str, within: float = WAIT) -> Self:
        """Return when a widget says this, maybe among other things."""
        return self.wait_until(lambda: words in self.words(name), f"{words!r} in {name}", within)

    def wait_focus(self, name: str) -> Self:
        """Return when the keyboard is in a widget, or in one within it."""
        return self.wait_until(lambda: f".{name}" in self.tcl(f"{FOCUS}; focus"), f"keyboard in {name}")

    def wait_gone(self, name: str, words: str = "") -> Self:
        """Return when a widget does not say this any more; or is not seen, if no words are given."""
        return self.wait_until(
            lambda: words not in self.words(name) if words else not self.is_seen(name), f"end of {words!r} in {name}"
        )

    def wait_for_exit(self, within: float = WAIT) -> int:
        """Return the exit code, once it has ended."""
        return self.process.wait(within)

    # What the user does

    def press(self, *keys: str) -> Self:
        """Press keys, such as Return or Control-f, where the keyboard is."""
        for key in keys:
            self.wait_until(lambda: self.tcl(f"{FOCUS}; focus") != "", "keyboard")
            self.tcl(f"event generate [focus] <{key}>")
        return self

    def type(self, text: str) -> Self:
        """Press the keys of these characters."""
        return self.press(*(f"Key-{KEYSYMS.get(char, char)}" for char in text))

    def click(self, name: str, x: int = 5, y: int = 5) -> Self:
        """Click on a place of a widget."""
        self.tcl(f"::tests::click {self.path(name)} {x} {y}")
        return self

    def click_on(self, words: str, offset: int = 1) -> Self:
        """Click on the last place of the messages that has these words; `offset`: characters behind its beginning."""
        script = f"::tests::click_on {self.path('messages')} {{{words}}} {offset}"
        return self.wait_until(lambda: self.tcl(script) == "1", f"{words!r} to click on")

    def click_person(self, handle: str) -> Self:
        """Click on somebody in the list."""
        script = f"::tests::click_person {self.path('people')} {{{handle}}}"
        return self.wait_until(lambda: self.tcl(script) == "1", f"{handle!r} to click on")

    @contextmanager
    def longest_pause(self) -> Iterator[Callable[[], float]]:
        """Give the longest time in seconds in which the window did not react, of what happens meanwhile."""
        self.tcl(
            "set ::tests::last [clock microseconds]; set ::tests::longest 0\n"
            "proc ::tests::tick {} {set now [clock microseconds]; set gap [expr {$now - $::tests::last}]\n"
            "if {$gap > $::tests::longest} {set ::tests::longest $gap}\n"
            "set ::tests::last $now; set ::tests::timer [after 5 ::tests::tick]}\n::tests::tick"
        )
        yield lambda: int(self.tcl("set ::tests::longest")) / 1e6
        self.tcl("after cancel $::tests::timer")
