"""The one question of the first start."""

from __future__ import annotations

from prompt_toolkit import prompt
from prompt_toolkit.validation import Validator

from slcp.config import KEYS, login_name
from slcp.messages import is_handle
from slcpctl.output import note


def ask_handle() -> str:
    """Say what is about to happen, and let the user choose a handle, the login name proposed."""
    note("slcp finds the people on your local network by itself, and lets you chat with them. There is no server.")
    note("A daemon receives what they send while no chat is open; `slcpctl stop` ends it, `slcpctl config` sets it up.")
    check = Validator.from_callable(is_handle, error_message=f"a handle has {KEYS['handle'].expects}")
    return prompt("The name that others see and write to: ", default=login_name(), validator=check)
