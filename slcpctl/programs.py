"""Programs of the system that slcpctl asks, such as systemctl."""

from __future__ import annotations

from slcp.errors import SlcpError

ENDS_WITHIN = 100.0  # seconds: systemctl waits for a daemon that starts, and that for 90 s


class ProgramError(SlcpError):
    """A program is not there or has failed; the text is its own."""


def output_of(*words: str) -> str:
    """Run a program to its end; return what it has printed. Raises ProgramError."""
    from subprocess import DEVNULL, TimeoutExpired, run

    try:
        ran = run(
            words, stdin=DEVNULL, capture_output=True, text=True, errors="replace", timeout=ENDS_WITHIN, check=False
        )
    except FileNotFoundError as error:
        raise ProgramError(f"there is no program {words[0]}") from error
    except OSError as error:
        raise ProgramError(f"{words[0]} cannot be run: {error.strerror}") from error
    except TimeoutExpired as error:
        raise ProgramError(f"{words[0]} has not ended within {ENDS_WITHIN:g} s") from error
    if ran.returncode:
        raise ProgramError(_reason(ran.stderr) or f"{words[0]} ended with exit code {ran.returncode}")
    return ran.stdout


def _reason(said: str) -> str:
    """Return the last words of a program: without where systemctl would have the reader look for more."""
    lines = [line.strip().rstrip(".") for line in said.splitlines() if line.strip() and not line.startswith("See ")]
    return "; ".join(lines[-2:])
