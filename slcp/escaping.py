"""What peers write, made harmless: nothing acts on a terminal or a shell, and nothing is there unseen."""

import re

_UNSAFE = re.compile(
    "["
    "\0-\x1f\x7f-\x9f"  # C0, DEL and C1 drive the terminal
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # reorder what is read
    "\u2028\u2029"  # end lines
    "\xad\u180e\u200b\u2060-\u2065\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # take no room: two handles look like one
    "\u115f\u1160\u3164\uffa0"  # letters that are blank
    "\ud800-\udfff"  # lone surrogates cannot be encoded
    "]"
    # joiners stay where they join, in emoji and in scripts that need them
    "|(?<![^\0-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\0-\x7f])"
)
_HARMLESS = re.compile(r"[\w@%+=:./-]+")  # to a shell


def escape(text: str) -> str:
    """Make characters visible that act on a terminal or cannot be seen, such as \\x1b or \\u202e."""
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_visible, text)


def quoted(word: str) -> str:
    """Write a handle as one word of a shell: it stands in a command that people copy."""
    return word if _HARMLESS.fullmatch(word) else "'" + word.replace("'", "'\\''") + "'"


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
