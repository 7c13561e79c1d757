"""The colours: those that the terminal has set for its user, so light and dark are as he likes them."""

from __future__ import annotations

from prompt_toolkit.styles import Style

STYLE = Style.from_dict(
    {
        "title": "bold",
        "frame": "ansibrightblack",
        "status": "reverse",
        "status.lost": "reverse ansired bold",
        "prompt": "bold",
        "dim": "ansibrightblack",
        "time": "ansibrightblack",
        "good": "ansigreen",
        "bad": "ansired",
        "own": "",
        "name": "bold",
        "strong": "bold ansicyan",
        "image": "underline",
        "bar": "ansigreen",
        "day": "ansibrightblack",
        "new": "ansired bold",
        "here": "ansigreen",
        "away": "ansiyellow",
        "gone": "ansibrightblack",
        "unread": "bold",
        "open": "reverse",
        "chosen": "reverse",
        "name0": "bold ansicyan",
        "name1": "bold ansigreen",
        "name2": "bold ansiyellow",
        "name3": "bold ansimagenta",
        "name4": "bold ansiblue",
        "name5": "bold ansired",
        "completion-menu": "reverse",
        "completion-menu.completion": "reverse",
        "completion-menu.completion.current": "noreverse bold",
        "scrollbar.background": "",
        "scrollbar.button": "reverse",
    }
)
