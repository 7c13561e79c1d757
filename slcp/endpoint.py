"""Where the control socket of a profile is. Imports nothing that a one-shot command need not pay for."""

import os
import re
import sys

_PROFILE = re.compile(r"[A-Za-z0-9_.-]{1,32}")


def is_profile(name: str) -> bool:
    """Tell whether `name` can name a profile: it becomes part of file names."""
    return _PROFILE.fullmatch(name) is not None and not name.startswith(".")


def control_socket(profile: str | None = None) -> str:
    """Return the path of a profile's control socket, on Windows the name of its pipe."""
    if sys.platform == "win32":
        return pipe_name(os.environ.get("USERNAME", ""), profile)
    folder = os.environ.get("XDG_RUNTIME_DIR") or _fallback()
    return os.path.join(folder, "slcp", f"control-{profile}.sock" if profile else "control.sock")  # noqa: PTH118


def pipe_name(user: str, profile: str | None = None) -> str:
    """Return the name of a named pipe: one of Windows has no backslash in it, and at most 256 characters."""
    user = re.sub(r"[^\w.-]", "_", user)[:64]
    return "\\\\.\\pipe\\" + "-".join(filter(None, ("slcp", user, profile)))


def _fallback() -> str:
    import warnings

    import platformdirs  # 15 ms, needed only where the variable is not set

    with warnings.catch_warnings(action="ignore"):  # that the variable is not set is nothing the user must mend
        return platformdirs.user_runtime_dir()
