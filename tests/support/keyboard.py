"""What a terminal sends for a key, as xterm does (its "Control Sequences", PC-style function keys)."""

PLAIN = {"enter": "\r", "tab": "\t", "escape": "\x1b", "backspace": "\x7f", "space": " ", "s-tab": "\x1b[Z"}
CONTROLLED = {"space": "\0", "backspace": "\x08", "enter": "\r"}
BY_LETTER = {
    "up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F",
    "f1": "P", "f2": "Q", "f3": "R", "f4": "S",
}  # fmt: skip
BY_NUMBER = {
    "insert": 2, "delete": 3, "pageup": 5, "pagedown": 6,
    "f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20, "f10": 21, "f11": 23, "f12": 24,
}  # fmt: skip
FUNCTION_KEYS = {"f1", "f2", "f3", "f4"}  # sent as SS3 at all times
MODIFIERS = {"s-": 1, "m-": 2, "c-": 4}


def sent_for(key: str, application_cursor_keys: bool = False) -> str:
    """Return what is sent for a key such as "a", "c-n", "m-enter", "s-tab", "pageup", "c-left".

    Raises KeyError for one that a terminal does not know.
    """
    if key in PLAIN:
        return PLAIN[key]
    name, modifiers = _parse(key)
    if name in BY_LETTER:
        if modifiers:
            return f"\x1b[1;{1 + modifiers}{BY_LETTER[name]}"
        return f"\x1b{'O' if application_cursor_keys or name in FUNCTION_KEYS else '['}{BY_LETTER[name]}"
    if name in BY_NUMBER:
        return f"\x1b[{BY_NUMBER[name]}{f';{1 + modifiers}' if modifiers else ''}~"
    meta = "\x1b" if modifiers & MODIFIERS["m-"] else ""
    return meta + (_controlled(name) if modifiers & MODIFIERS["c-"] else _character(name))


def _parse(key: str) -> tuple[str, int]:
    modifiers = 0
    while len(key) > 2 and key[:2] in MODIFIERS:
        modifiers |= MODIFIERS[key[:2]]
        key = key[2:]
    return key, modifiers


def _controlled(name: str) -> str:
    if len(name) == 1 and "@" <= name.upper() <= "_":
        return chr(ord(name.upper()) & 0x1F)
    return CONTROLLED[name]


def _character(name: str) -> str:
    return name if len(name) == 1 else PLAIN[name]
