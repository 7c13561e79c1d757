"""What people read from slcpctl, in their language: gettext's catalogues, locale/LANGUAGE/LC_MESSAGES/slcp.mo.

English stands in the code. A catalogue is loaded when the first text is wanted, and none for those who read English.
What programs read is never translated: all that a command with --json prints, names of commands and keys, logs.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from itertools import takewhile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from gettext import NullTranslations

DOMAIN = "slcp"
FOLDER = os.path.join(os.path.dirname(__file__), "locale")  # noqa: PTH118, PTH120  # import pathlib costs 5 ms
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts, as gettext has it
_ENGLISH = frozenset({"en", "C", "POSIX", ""})


def tr(message: str, /, **values: object) -> str:
    """Return a text in the user's language, with the values in its {fields}."""
    found = _catalogue()
    text = found.gettext(message) if found else message
    return text.format(**values) if values else text


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the one of two texts that fits a number, with it in {count} and the values in the other {fields}."""
    found = _catalogue()
    text = found.ngettext(one, many, count) if found else one if count == 1 else many
    return text.format(count=count, **values)


def languages(environment: Mapping[str, str]) -> list[str]:
    """Return the languages that a user prefers to English, the best first.

    LC_ALL=C is English whatever LANGUAGE says, as in GNU gettext: scripts rely on it.
    """
    if environment.get("LC_ALL") in ("C", "POSIX"):
        return []
    wanted = next((value for name in VARIABLES if (value := environment.get(name))), "")
    return list(takewhile(lambda language: _code(language) not in _ENGLISH, wanted.split(":")))


def _code(language: str) -> str:
    """Return de of de_DE.UTF-8."""
    return language.partition(".")[0].partition("_")[0]


@cache
def _catalogue() -> NullTranslations | None:
    wanted = languages(os.environ)
    if not wanted or "--json" in sys.argv:  # that is for programs
        return None
    import gettext  # only for those who want another language

    found = gettext.translation(DOMAIN, FOLDER, wanted, fallback=True)
    if isinstance(found, gettext.GNUTranslations):
        gettext.bindtextdomain(DOMAIN, FOLDER)  # argparse asks the functions of the module
        gettext.textdomain(DOMAIN)
        _let_the_system_speak_so()
    return found


def _let_the_system_speak_so() -> None:
    """Let the texts of the system's errors be in the language of the variables, too, where the system knows it."""
    import locale

    try:
        locale.setlocale(locale.LC_MESSAGES, "")
    except (AttributeError, locale.Error):  # Windows has no LC_MESSAGES; the locale may not be installed
        return
