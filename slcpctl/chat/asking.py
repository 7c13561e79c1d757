"""The one question of the first start."""

from __future__ import annotations

from prompt_toolkit import prompt
from prompt_toolkit.validation import Validator

from slcp.config import KEYS, login_name
from slcp.messages import is_handle


def ask_handle() -> str:
    """Let the user choose a handle, the login name proposed."""
    check = Validator.from_callable(is_handle, error_message=f"a handle has {KEYS['handle'].expects}")
    return prompt("The name that others see and write to: ", default=login_name(), validator=check)
