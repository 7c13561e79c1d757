"""The one question of the first start."""

from __future__ import annotations

from prompt_toolkit import prompt
from prompt_toolkit.validation import Validator

from slcp.config import login_name
from slcp.messages import is_handle
from slcpctl.conversing.first_start import wrong_handle
from slcpctl.output import note
from slcpctl.translating import tr


def ask_handle() -> str:
    """Say what is about to happen, and let the user choose a handle, the login name proposed."""
    note(tr("slcp finds the people on your local network by itself, and lets you chat with them. There is no server."))
    words = tr(
        "A daemon receives what they send while no chat is open; `slcpctl stop` ends it, `slcpctl config` sets it up."
    )
    note(words)
    check = Validator.from_callable(is_handle, error_message=wrong_handle())
    return prompt(tr("The name that others see and write to: "), default=login_name(), validator=check)
