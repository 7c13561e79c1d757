"""A click on somebody in the window: how long until their messages are there, idle and under load.

On a display that draws into memory. The time is from the click, inside of the window's program, to the moment when the
list of messages is another one and has texts; the daemon is asked for them in between. Under load somebody else writes
200 texts a second; the history has 100,000, and 500 people are in the list.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from daemons import Daemon
from gui import Driver, Gui
from x_display import XDisplay

from benchmarks.keys import FLUID, TEXTS_A_SECOND, crowded
from benchmarks.loads.joiner import handle_of
from benchmarks.measuring import Effort, Row, Series, Unit, median_at_most, percentile, take_turns
from benchmarks.processes import expect, load, ready, tell
from benchmarks.stage import RECIPIENT

CLICKS = 40  # of a turn
QUICK_CLICKS = 10
WORD = "word"  # that all texts of the history begin with
SHOWN_WITHIN = 10_000  # ms
CLICK = """
proc ::tests::time_click {people messages name handle} {
    set began [clock microseconds]
    if {![::tests::click_person $people $handle]} {error "$handle is not seen"}
    while {[$name cget -text] ne $handle || [$messages search WORD 1.0] eq ""} {
        if {[clock microseconds] > $began + 1000 * WITHIN} {error "nothing is shown of $handle"}
        after 1
        update
    }
    return [expr {[clock microseconds] - $began}]
}
""".replace("WORD", WORD).replace("WITHIN", str(SHOWN_WITHIN))


def benchmark(effort: Effort) -> Iterator[Row | str]:
    """A click in an idle window and in one under load."""
    clicks = QUICK_CLICKS if effort.is_quick else CLICKS
    with ExitStack() as stack:
        busy = crowded(stack, effort)
        gui = _window(stack, busy)
        port = busy.request("status")["port"]
        flood = stack.enter_context(ready(load("flood", port, RECIPIENT, TEXTS_A_SECOND)))

        def under_load() -> list[float]:
            tell(flood, "begin")
            taken = time_clicks(gui, clicks)
            tell(flood, "end")
            expect(flood, "written")
            return taken

        taken = take_turns({"idle": lambda: time_clicks(gui, clicks), "busy": under_load}, effort.rounds)
        for percent, name in ((50, "median"), (99, "p99")):
            beside, ours = (Series(percentile(each, percent) for each in taken[which]) for which in ("idle", "busy"))
            goal = median_at_most(FLUID) if percent == 50 else None
            yield Row(f"click to conversation under load, beside idle; {name}", Unit.MILLISECONDS, ours, beside, goal)


def time_clicks(gui: Gui, number: int) -> list[float]:
    """Click on two people in turn; return the milliseconds of each."""
    parts = " ".join(gui.path(name) for name in ("people", "messages", "name"))
    return [int(gui.tcl(f"::tests::time_click {parts} {handle_of(1 + turn % 2)}")) / 1000 for turn in range(number)]


def _window(stack: ExitStack, of: Daemon) -> Gui:
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="slcp-")))
    driver = Driver(stack.enter_context(XDisplay(folder)))
    stack.callback(driver.close)
    gui = stack.enter_context(Gui(driver, of.world, handle_of(0))).wait_in("messages", WORD)
    gui.tcl(CLICK)
    return gui
