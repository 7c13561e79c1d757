"""Programs of the system that slcpctl asks, such as systemctl."""

from __future__ import annotations

from slcp.errors import SlcpError
from slcpctl.translating import tr

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
        raise ProgramError(tr("there is no program {program}", program=words[0])) from error
    except OSError as error:
        why = tr("{program} cannot be run: {error}", program=words[0], error=error.strerror)
        raise ProgramError(why) from error
    except TimeoutExpired as error:
        why = tr("{program} has not ended within {seconds:g} s", program=words[0], seconds=ENDS_WITHIN)
        raise ProgramError(why) from error
    if ran.returncode:
        silent = tr("{program} ended with exit code {code}", program=words[0], code=ran.returncode)
        raise ProgramError(_reason(ran.stderr) or silent)
    return ran.stdout


def _reason(said: str) -> str:
    """Return the last words of a program: without where systemctl would have the reader look for more."""
    lines = [line.strip().rstrip(".") for line in said.splitlines() if line.strip() and not line.startswith("See ")]
    return "; ".join(lines[-2:])
